# Refused: task_c stands on both sides of the arrow, so it would wait for itself.
from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator


def task_a():
    print("a")


def task_b():
    print("b")


def task_c():
    print("c")


with DAG("self_dependency", start_date=datetime(2024, 1, 1), schedule=None) as dag:
    task_a = PythonOperator(task_id="task_a", python_callable=task_a)
    task_b = PythonOperator(task_id="task_b", python_callable=task_b)
    task_c = PythonOperator(task_id="task_c", python_callable=task_c)

    [task_a, task_b, task_c] >> task_c
