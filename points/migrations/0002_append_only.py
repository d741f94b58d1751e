"""From here on the database itself refuses to change what the ledger has written."""

from django.db import migrations

from points.append_only import guard


class Migration(migrations.Migration):
    dependencies = [("points", "0001_initial")]

    operations = [
        guard("points_transfer", truncate=True),
        guard("points_bucketuse"),
        guard("points_freezemove"),
    ]
