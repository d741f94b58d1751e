#!/bin/sh
# Run once by the PostgreSQL image on an empty volume: the owner migrates, the app serves and may
# not alter the ledger (manage.py grant_app_role, which the migrate service runs, gives its rights).
set -eu
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres \
     -v owner="$PG_OWNER_PASSWORD" -v app="$PG_APP_PASSWORD" <<'SQL'
create role suishoupai_owner login password :'owner';
create role suishoupai_app login password :'app';
create database suishoupai owner suishoupai_owner template template0 encoding 'UTF8';
SQL
