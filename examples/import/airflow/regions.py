# A mapped task group: a Workflow of its own, which a task calls for each item. What it returns is summed up, and a
# second group takes texts and what another task returns.
from airflow.sdk import dag, task, task_group


@task
def regions():
    return [{"name": "north", "orders": 2}, {"name": "south", "orders": 3}]


@task
def price():
    return 10


@task
def count(region):
    print(f"counting {region['name']}")
    return region["orders"]


@task
def worth(orders, price):
    return orders * price


@task_group
def revenue(region, price):
    return worth(count(region), price)


@task
def total(revenues):
    print(f"in all {sum(revenues)}")


@task
def greet(name, word):
    print(f"{word} {name}")


@task_group
def letters(name, word):
    greet(name, word)


@dag(schedule=None)
def by_region():
    cost = price()
    summed = total(revenue.partial(price=cost).expand(region=regions()))
    summed >> letters.partial(word="hello").expand(name=["ada", "bo"])


by_region()
