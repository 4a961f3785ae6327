package formats

// utilizationReaders are the formats of utilization, the more telling ones
// first.
var utilizationReaders = []reader{}
