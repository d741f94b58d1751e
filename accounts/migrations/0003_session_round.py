"""Ending the open sessions of a person who lost their second factor, or whose account closed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="session_round",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
    ]
