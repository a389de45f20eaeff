"""Airflow's DAG files as Workflows.

A DAG file is a program: `box` runs it, isolated, against the stand-ins in `sluice_airflow`, `recording` is what came
back, and the rest translates it, without I/O.
"""
