"""A unique CharField brings a second index, for LIKE, that every transfer would have to feed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("points", "0002_append_only")]

    operations = [
        migrations.AlterField("transfer", "idempotency_key", models.CharField(max_length=200)),
        migrations.AddConstraint(
            "transfer",
            models.UniqueConstraint(fields=["idempotency_key"], name="points_transfer_key"),
        ),
    ]
