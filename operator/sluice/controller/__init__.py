"""The kopf shell around the core: it watches, keeps what it saw in a store, asks the core what follows, and does it.

watch (kopf, pod_watch) -> store -> queue of keys -> workflows / runs (ask the core) -> pods / status_writer -> API
server
"""
