// The Gateway API, of which tests need the CRD of HTTPRoutes.
module sluice.dev/tests/cluster/gateway-api

go 1.26.0

require sigs.k8s.io/gateway-api v1.5.1
