package stats

// A Link compares one direction of a node's link, mean over trials.
type Link struct {
	Node      string `json:"node"`
	Direction string `json:"direction"`
	Engine    string `json:"engine"`
	Asked     Path   `json:"asked"`
	Achieved  Path   `json:"achieved"`
	Trace     string `json:"trace,omitempty"`
	Also      string `json:"also,omitempty"` // what else was asked for, in words
}

// A Path is a rate, delays and losses. A null is what was not limited or not
// measured. A one-way delay cannot be measured apart: of an achieved round trip,
// each direction takes half of the excess over the asked one. The rate of a
// link that varies is that of the times at which it was probed; losses are
// those of all packets while requests were made.
type Path struct {
	Rate  Number `json:"rate_bps"`
	Delay Number `json:"delay_ms"`
	RTT   Number `json:"rtt_ms"`
	Loss  Number `json:"loss"` // share of packets
}

// Background compares load of one resource of a node, means over telemetry, as
// shares of what there is; of resident memory as bytes.
type Background struct {
	Node     string `json:"node"`
	Resource string `json:"resource"`
	Asked    Number `json:"asked"`
	Achieved Number `json:"achieved"`
	Busy     Number `json:"busy"` // of CPU and GPU: by anyone, inference included
	Varies   bool   `json:"varies,omitempty"`
	// Off is how far achieved was from asked second by second, on average,
	// of a level that varies.
	Off   Number `json:"off"`
	Bps   Number `json:"bps"`            // achieved: bits/s of traffic, bytes/s of memory bandwidth
	Users *Users `json:"cpus,omitempty"` // of CPU
}

// Users are who had a node's CPUs, as shares of them.
type Users struct {
	Load      Number `json:"load"`      // the background load
	Inference Number `json:"inference"` // the node's own process
	Others    Number `json:"others"`    // other tenants of the machine
	Idle      Number `json:"idle"`
	// Throttled is the share of time in which the node's quota held it back.
	Throttled Number `json:"throttled"`
	// Pressure is the share of time in which something waited for a CPU.
	Pressure Number `json:"pressure"`
}
