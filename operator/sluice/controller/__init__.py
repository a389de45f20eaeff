"""The kopf shell around the core.

    observability   metrics, liveness, endpoints, logging
    kube            the API server: client, Lease, informers, cache, workqueue, Events
    resources       what runs own or share: pods to delete, claims, ConfigMaps, revisions, pools
    run, workflow   the reconcilers
    main            the process: settings, wiring, start and end

An event goes from an informer to the cache, which puts a key into a workqueue; a reconciler asks the core what follows
and carries it out; the answers of the API server come back as events.
"""
