"""Travels as the package `airflow`: what a process finds that multiprocessing has spawned, where nothing else of ours
runs before it imports the DAG file.
"""

import sys

from sluice_airflow import modules

modules.install()
sys.modules["airflow"] = modules.Module("airflow")
