"""The jobs of server/examples/jobs.rs for Celery on Redis: how many of them a second, as JSON.

    measure.py BROKER RESULTS DATABASE

Like the queue it is measured beside, a worker keeps what became of each job and takes a job for done only after it ran.
"""

import json
import os
import subprocess
import sys
import time

import psycopg
import redis
from celery import Celery

NOOPS = 20_000
WRITES = 5_000
broker, results, database = sys.argv[1:4] if __name__ == "__main__" else os.environ["MEASURE"].split(" ")

app = Celery("measure", broker=broker, backend=results)
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=64, worker_hijack_root_logger=False)
connection = None


@app.task(name="noop")
def noop(n):
    return None


@app.task(name="mark")
def mark(n):
    global connection
    if connection is None:
        connection = psycopg.connect(database)
    connection.execute("insert into celery_marks (n, attempt) values (%s, 1)", (n,))
    connection.commit()


def rate(task, count):
    """Enqueues so many, starts workers on both cores, and counts what they did a second until all is done."""
    redis.Redis.from_url(broker).flushdb()
    kept = redis.Redis.from_url(results)
    kept.flushdb()
    with app.producer_pool.acquire() as producer:
        for n in range(count):
            task.apply_async((n,), producer=producer)
    command = [sys.executable, "-m", "celery", "-A", "measure", "worker", "--concurrency", "2", "--loglevel", "ERROR"]
    command += ["--without-gossip", "--without-mingle"]
    environment = {**os.environ, "MEASURE": " ".join(sys.argv[1:4])}
    here = os.path.dirname(os.path.abspath(__file__))
    # What it says is no part of the figures.
    worker = subprocess.Popen(command, env=environment, cwd=here, stdout=subprocess.DEVNULL)
    try:
        # Its start is not what is measured.
        while kept.dbsize() == 0:
            time.sleep(0.005)
        began, before = time.monotonic(), kept.dbsize()
        while kept.dbsize() < count:
            time.sleep(0.02)
        return (count - before) / (time.monotonic() - began)
    finally:
        worker.terminate()
        worker.wait()


if __name__ == "__main__":
    with psycopg.connect(database, autocommit=True) as made:
        made.execute("create table celery_marks (n bigint not null, attempt bigint not null)")
    print(json.dumps({"rate": rate(noop, NOOPS), "writes": rate(mark, WRITES)}))
