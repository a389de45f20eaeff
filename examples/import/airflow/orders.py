# TaskFlow and classic operators together: a fan-out over what a task returns, its sum, a branch with a join, a short
# circuit, a sensor that says "not yet" once, templates, XComs, a parameter, a skip, a group, setup and teardown.
from datetime import datetime, timedelta

from airflow.decorators import dag, task, task_group
from airflow.exceptions import AirflowSkipException
from airflow.models.baseoperator import chain
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
from airflow.sensors.python import PythonSensor


def choose_way(ti):
    return "big" if ti.xcom_pull(task_ids="total") > 10 else "small"


def look_twice(ti):
    return ti.try_number > 0


@dag(
    schedule=None,
    start_date=datetime(2024, 1, 1),
    catchup=False,
    default_args={"retries": 1, "retry_delay": timedelta(seconds=1)},
)
def orders(shop: str = "north"):
    @task
    def list_orders(shop):
        print(f"orders of {shop}")
        return [1, 2, 4]

    @task
    def price(order):
        if order == 2:
            raise AirflowSkipException("it was sent back")
        return order * 3

    @task(trigger_rule="none_failed_min_one_success")
    def total(prices):
        return sum(each for each in prices if each)

    @task_group
    def ways():
        return BashOperator(task_id="inside", bash_command="echo in a group")

    start = BashOperator(task_id="start", bash_command="echo first\necho {{ params.shop }} is open")
    said = BashOperator(task_id="said", bash_command="echo 'it said: {{ ti.xcom_pull(task_ids=\"start\") }}'")
    summed = total(price.expand(order=list_orders(shop)))
    choose = BranchPythonOperator(task_id="choose", python_callable=choose_way)
    big = EmptyOperator(task_id="big")
    small = EmptyOperator(task_id="small")
    join = EmptyOperator(task_id="join", trigger_rule="none_failed_min_one_success")
    summed >> choose >> [big, small] >> join

    never = ShortCircuitOperator(task_id="is_holiday", python_callable=lambda: False)
    never >> BashOperator(task_id="greet", bash_command="echo merry")

    wait = PythonSensor(task_id="wait", python_callable=look_twice, poke_interval=1, timeout=60)
    chain(wait, ways(), PythonOperator(task_id="last", python_callable=lambda ds, **context: print("on", len(ds))))

    @task
    def clean():
        print("clean")

    start >> said >> clean().as_teardown(setups=start)


orders()
