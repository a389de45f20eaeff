# One task that uses four processes, and prints [2, 4, 6, 8, 10].
import multiprocessing
from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator


def double(number):
    return number * 2


def run_in_parallel():
    with multiprocessing.Pool(4) as pool:
        print(pool.map(double, [1, 2, 3, 4, 5]))


with DAG("multiprocessing_pool", start_date=datetime(2024, 1, 1), schedule=None, catchup=False) as dag:
    PythonOperator(task_id="run_in_parallel", python_callable=run_in_parallel)
