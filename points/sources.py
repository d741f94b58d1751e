"""From a transfer's source to the page that shows it.

A source is "prefix:id". The rooms that make them live on floors above, so this is a plain table
of URL names; a prefix that is not in it, or a name that leads nowhere, has no link.
"""

from django.urls import NoReverseMatch, reverse

# prefix → (URL name, name of its one argument). A further part after the id is not linked to.
PAGES = {
    "report": ("reports:report", "number"),
    "redemption": ("rewards:redemption", "redemption_id"),
    "volunteer": ("volunteers:detail", "activity_id"),
}


def link(source: str) -> str:
    """The path of the page that shows the source, or nothing."""
    prefix, _, rest = source.partition(":")
    page = PAGES.get(prefix)
    if page is None or not rest:
        return ""
    try:
        return reverse(page[0], kwargs={page[1]: rest.split(":")[0]})
    except NoReverseMatch:
        return ""
