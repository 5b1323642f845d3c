# wanflow with ffmpeg and fonts. Your production is the folder that is mounted at /film:
#   docker build -t wanflow .
#   docker run --rm -v "$PWD:/film" wanflow plan

FROM python:3.12-slim AS build
WORKDIR /source
COPY constraints.txt .
RUN pip install --no-cache-dir --constraint constraints.txt hatchling
COPY pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY pipelines pipelines
COPY wanflow wanflow
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels .

FROM python:3.12-slim
# git for `wanflow diff`; fonts for Latin, Greek and Cyrillic; for Arabic, Devanagari and many others; for Han, kana and Hangul; and what joins letters
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ffmpeg git fonts-dejavu-core fonts-noto-core fonts-noto-cjk libfribidi0 \
 && rm -rf /var/lib/apt/lists/*
# `--build-arg EXTRAS=[s3]` adds buckets, `[s3,socks]` proxies as well
ARG EXTRAS=
COPY --from=build /wheels /source/constraints.txt /usr/share/wanflow/
RUN pip install --no-cache-dir --constraint /usr/share/wanflow/constraints.txt "$(echo /usr/share/wanflow/*.whl)${EXTRAS}"
RUN useradd --create-home film && install --directory --owner film /film
USER film
WORKDIR /film
ENTRYPOINT ["wanflow"]
