# One image for web, worker, beat and the one-shot migration; the command says which.
FROM python:3.13.1-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONUTF8=1
RUN python -m venv /opt/site
COPY requirements/base.txt /tmp/base.txt
RUN /opt/site/bin/python -m pip install --require-hashes --no-deps --only-binary=:all: -r /tmp/base.txt
WORKDIR /srv/suishoupai
COPY . .
# The keys of this step encrypt nothing: no data are read or written while building.
RUN export DEBUG=0 SECRET_KEY=build-only PII_KEY=build-only ALLOWED_HOSTS=build \
 && /opt/site/bin/python bin/lib/messages.py --compile \
 && STATIC_ROOT=/opt/static /opt/site/bin/python manage.py collectstatic --noinput -v0 \
 && /opt/site/bin/python -m compileall -q .

FROM python:3.13.1-slim-bookworm
ENV PATH=/opt/site/bin:$PATH PYTHONUTF8=1 PYTHONUNBUFFERED=1 DJANGO_SETTINGS_MODULE=config.settings \
    DATA_DIR=/data STATIC_ROOT=/opt/static
RUN groupadd --gid 10001 site && useradd --uid 10001 --gid site --no-create-home site \
 && install -d -o site -g site -m 0750 /data
COPY --from=build /opt/site /opt/site
COPY --from=build /opt/static /opt/static
COPY --from=build /srv/suishoupai /srv/suishoupai
WORKDIR /srv/suishoupai
USER site
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=6s --start-period=40s CMD ["python", "deploy/healthcheck.py"]
CMD ["python", "-m", "gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000", \
     "--worker-class", "gthread", "--workers", "3", "--threads", "8", "--timeout", "60", \
     "--graceful-timeout", "20", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
