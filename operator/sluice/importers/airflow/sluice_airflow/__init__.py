"""What a DAG file finds when it imports `airflow`: small classes that record the graph, and run one task of it.

The importer runs a DAG file against these to see its tasks, and each pod does so again to find what its task calls.
They travel with the Workflow, in `spec.files`: Python 3.9 and later, nothing but the standard library.
"""
