package formats

// networkReaders are the formats of networks, the more telling ones first.
var networkReaders = []reader{}
