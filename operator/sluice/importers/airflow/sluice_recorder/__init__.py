"""Runs in the box: one DAG file against the stand-ins of `sluice_airflow`. The importer imports nothing of it."""
