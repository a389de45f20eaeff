# The operator's image. BASE is any image with Python 3.11 or later, its venv module and pip; releases name its digest.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
WORKDIR /src
# The base's pip fills the venv from outside, so that the venv itself carries none.
RUN python3 -m venv --without-pip /venv
# The locked dependencies come first: their layer stays cached until the lock changes.
COPY operator/requirements.lock ./
RUN python3 -m pip --python /venv/bin/python install --no-cache-dir --no-compile --require-hashes -r requirements.lock
# The build backend has a venv of its own, by its own lock: left to itself, pip would take it without a hash.
COPY operator/build.lock ./
RUN python3 -m venv --without-pip /build \
 && python3 -m pip --python /build/bin/python install --no-cache-dir --no-compile --require-hashes -r build.lock
COPY pyproject.toml README.md LICENSE ./
COPY operator operator
# The page's modules come along with operator, if `make page` has fetched them: npm is not asked here.
RUN SLUICE_PAGE=skip python3 -m pip --python /build/bin/python wheel --no-cache-dir --no-build-isolation --no-deps -w /dist . \
 && python3 -m pip --python /venv/bin/python install --no-cache-dir --no-compile --no-deps --no-index /dist/*.whl
# Bytecode can't be written at run time, where the root file system is read-only. It goes by hash and not by
# timestamp, since builders differ in whether a COPY keeps timestamps. The generated models and calls of the kubernetes
# package are never imported (see controller/kube/client.py); their bytecode would be 50 MB.
RUN /venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash \
    -x "/kubernetes/(aio/)?client/(api|models)/" /venv/lib

FROM ${BASE}
# The official images ship the standard library without bytecode; compiling it at each start would cost half a second.
RUN library="$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" \
 && python3 -m compileall -q -x "site-packages|/tests?/" "$library"
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# A number, so that the kubelet can check runAsNonRoot.
USER 65532:65532
ENTRYPOINT ["sluice-operator"]
