"""What a redemption costs, beside the least that PostgreSQL could do for it, in one run.

    python benchmarks/redeem.py [--rounds 5] [--seconds 4] [--clients 8]

Four kinds of work, interleaved in every round, each by `--clients` processes for `--seconds`:

- raw distinct: lock account, journal row, 2 legs, 2 balances, stock, voucher, statement by
  statement with psycopg; every client has a reward and people of its own
- raw hot: the same on one stock row
- ours distinct, ours hot: `rewards.actions.redeem`, with buckets, replay key, caps' totals

It makes a database `bench_redeem` on the server of DATABASE_URL and drops it at the end.
"""

import argparse
import multiprocessing as mp
import os
import random
import statistics
import sys
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
HOME = os.environ.get("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
NAME = "bench_redeem"
PEOPLE = 40  # of each client
POINTS = 100_000

RAW_TABLES = """
CREATE TABLE raw_account (id int PRIMARY KEY, balance bigint NOT NULL);
CREATE TABLE raw_journal (id bigserial PRIMARY KEY, key uuid UNIQUE, at timestamptz DEFAULT now());
CREATE TABLE raw_leg (id bigserial PRIMARY KEY, journal bigint NOT NULL, account int, points int);
CREATE TABLE raw_stock (id int PRIMARY KEY, units bigint NOT NULL CHECK (units >= 0));
CREATE TABLE raw_voucher (id bigserial PRIMARY KEY, journal bigint, digits text UNIQUE);
INSERT INTO raw_account SELECT n, 1000000000 FROM generate_series(0, 2000) n;
INSERT INTO raw_stock SELECT n, 1000000000 FROM generate_series(0, 64) n;
"""


def address(name: str) -> str:
    return urlunsplit(urlsplit(HOME)._replace(path=f"/{name}"))


def raw(client: int, hot: bool, seconds: float) -> int:
    import psycopg

    pick, done = random.Random(client), 0
    with psycopg.connect(address(NAME)) as conn:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            account = 1 + client * PEOPLE + pick.randrange(PEOPLE)
            mirror = 1000 + account
            with conn.transaction():
                run = conn.execute
                run("SELECT balance FROM raw_account WHERE id = %s FOR UPDATE", [account])
                (journal,) = run(
                    "INSERT INTO raw_journal (key) VALUES (%s) RETURNING id", [uuid.uuid4()]
                ).fetchone()
                legs = "INSERT INTO raw_leg (journal, account, points) VALUES (%s, %s, %s)"
                run(legs, [journal, account, -1])
                run(legs, [journal, mirror, 1])
                move = "UPDATE raw_account SET balance = balance + %s WHERE id = %s"
                run(move, [-1, account])
                run(move, [1, mirror])
                run(
                    "INSERT INTO raw_voucher (journal, digits) VALUES (%s, %s)",
                    [journal, uuid.uuid4().hex],
                )
                run(
                    "UPDATE raw_stock SET units = units - 1 WHERE id = %s AND units > 0",
                    [0 if hot else client + 1],
                )
            done += 1
    return done


def ours(client: int, hot: bool, seconds: float) -> int:
    setup()
    from accounts.models import User
    from markets.models import Market
    from rewards.actions import redeem
    from rewards.models import Reward

    market = Market.objects.get(is_open=True)
    rewards = list(Reward.objects.order_by("id"))
    reward = rewards[0] if hot else rewards[client + 1]
    people = list(User.objects.filter(nickname=f"client {client}"))
    pick, done = random.Random(client), 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        user = pick.choice(people)
        redeem(key=uuid.uuid4(), user=user, reward_id=reward.pk, market_id=market.pk, by=user)
        done += 1
    return done


def setup() -> None:
    os.environ |= {"DATABASE_URL": address(NAME), "LOG_LEVEL": "ERROR"}
    os.environ.setdefault("DEBUG", "1")
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django
    from django.conf import settings

    if not settings.configured:
        django.setup()
        settings.DEBUG = False  # Django would keep every statement in memory


def prepare(clients: int) -> None:
    import psycopg

    with psycopg.connect(address("postgres"), autocommit=True) as conn:
        conn.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        conn.execute(f"CREATE DATABASE {NAME}")
    with psycopg.connect(address(NAME)) as conn:
        conn.execute(RAW_TABLES)
    setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from markets.models import Market
    from points import actions as points
    from points.models import Rule
    from rewards.actions import receive_stock
    from tests.makers import make_city, make_resident
    from tests.rewards.shop import make_reward

    city = make_city()
    Market.objects.exclude(pk=city.market.pk).update(is_open=False)
    Rule.objects.filter(code="bonus").update(points=POINTS)
    for number in range(clients + 1):
        reward = make_reward(city.programme, name=f"reward {number}", points=1)
        receive_stock(reward=reward, market=city.market, units=1_000_000, by=None)
    for client in range(clients):
        for _each in range(PEOPLE):
            user = make_resident(nickname=f"client {client}")
            points.award(
                to=points.person(user.pk),
                programme=city.programme,
                rule_code="bonus",
                source=f"bench:{user.pk}",
                reason="bench",
                by=None,
            )


def rate(work, hot: bool, *, clients: int, seconds: float) -> float:
    with mp.get_context("spawn").Pool(clients) as pool:
        pool.starmap(work, [(client, hot, 0.05) for client in range(clients)])  # warm up
        done = pool.starmap(work, [(client, hot, seconds) for client in range(clients)])
    return sum(done) / seconds


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--clients", type=int, default=8)
    given = parser.parse_args()
    prepare(given.clients)
    kinds = {
        "raw distinct": (raw, False),
        "ours distinct": (ours, False),
        "raw hot": (raw, True),
        "ours hot": (ours, True),
    }
    rates: dict[str, list[float]] = {name: [] for name in kinds}
    for number in range(given.rounds):
        order = list(kinds)[number % 4 :] + list(kinds)[: number % 4]
        for name in order:
            work, hot = kinds[name]
            found = rate(work, hot, clients=given.clients, seconds=given.seconds)
            rates[name].append(found)
        print("  ".join(f"{name} {rates[name][-1]:,.0f}/s" for name in kinds), flush=True)

    def ratio(top: str, bottom: str) -> float:
        pairs = zip(rates[top], rates[bottom], strict=True)
        return statistics.median(one / other for one, other in pairs)

    print(f"ours ÷ raw, distinct rewards  {ratio('ours distinct', 'raw distinct'):.2f}")
    print(f"ours ÷ raw, one hot reward    {ratio('ours hot', 'raw hot'):.2f}")
    print(f"ours hot ÷ ours distinct      {ratio('ours hot', 'ours distinct'):.2f}")
    print(f"raw hot ÷ raw distinct        {ratio('raw hot', 'raw distinct'):.2f}")
    audit()


def audit() -> None:
    setup()
    from django.db import connections

    from rewards.queries import audit_stock

    print("stock audit:", "whole" if audit_stock().ok else audit_stock().wrong)
    connections.close_all()
    import psycopg

    with psycopg.connect(address("postgres"), autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


if __name__ == "__main__":
    main()
