from django.urls import path

from pages.views import health, home, look, me, people, size, well_known

app_name = "pages"

urlpatterns = [
    path("", home.home, name="home"),
    path("me/", me.me, name="me"),
    path("size/", size.set_size, name="set_size"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("robots.txt", well_known.robots, name="robots"),
    path("manifest.webmanifest", well_known.manifest, name="manifest"),
    path("favicon.ico", well_known.favicon, name="favicon"),
    path("dev/people/", people.people, name="dev_people"),
    path("dev/look/", look.styleguide, name="styleguide"),
]
