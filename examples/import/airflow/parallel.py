# Two tasks at the same time, and one after both. Each name of a function is bound to its operator afterwards.
from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator


def task_a():
    print("this is task a")


def task_b():
    print("this is task b")


def task_c():
    print("this is task c, after both")


with DAG("parallel", start_date=datetime(2024, 1, 1), schedule="@once") as dag:
    task_a = PythonOperator(task_id="task_a", python_callable=task_a)
    task_b = PythonOperator(task_id="task_b", python_callable=task_b)
    task_c = PythonOperator(task_id="task_c", python_callable=task_c)

    [task_a, task_b] >> task_c
