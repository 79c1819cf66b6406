package x509cert

// MaxTolerated is for tests of the bound.
const MaxTolerated = maxTolerated

// Tolerant reads what the strict reader may read too.
var Tolerant = tolerant
