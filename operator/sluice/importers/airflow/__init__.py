"""Airflow's DAG files as Workflows.

A DAG file is a program. Start reading at `convert.py`; each wing knows only those above it in this list.

- `sluice_recorder`, `sluice_airflow`: run the file, and later its tasks, without Airflow
- `record`: runs the recorder in a box and checks what came back, which is untrusted; what files travel with a Workflow
- `dags`: one DAG: its names, schedule and values
- `texts`: templates as scripts and fields
- `tasks`: one task, by the family of its operator
"""
