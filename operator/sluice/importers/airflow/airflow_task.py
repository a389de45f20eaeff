"""Runs a task of a DAG file without Airflow: `sluice import airflow` has put the stand-ins for it beside this file."""

import os
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "sluice_airflow.zip"))

from sluice_airflow.execute import run  # found by the line above

__all__ = ["run"]
