"""The sweep that wipes the words of messages reads only those that have words."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_session_round"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="sms",
            index=models.Index(
                condition=models.Q(("body_cipher__isnull", False)),
                fields=["created_at"],
                name="sms_with_words",
            ),
        ),
    ]
