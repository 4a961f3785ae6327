package scenarios

import "slices"

// link are the keys of one direction.
func link(path string) []field {
	at := func(key string) string { return path + "." + key }
	return slices.Concat([]field{
		{at("rate"), "rate", "", "of the bottleneck; unlimited"},
		{at("layer"), "layer", "ethernet", "what the rate counts: ip, ethernet, or wire (with preamble and gap)"},
		{at("trace"), "map", "", "capacity over time, instead of rate"},
	}, recording(at("trace"), "mahimahi: opportunities; else a column of rates"), []field{
		{at("delay"), "time", "0ms", "of this direction alone"},
		{at("delay_trace"), "map", "", "delay over time, instead of delay; keys as of trace"},
	}, recording(at("delay_trace"), "a column of delays"), []field{
		{at("jitter"), "time", "0ms", "around delay; order is kept"},
		{at("jitter_shape"), "shape", "uniform", "uniform (delay ± jitter), normal or pareto (jitter is the standard deviation)"},
		{at("unordered"), "yes", "no", "jitter may let packets overtake each other"},
		{at("loss"), "loss", "0%", "of packets"},
		{at("loss_burst"), "packets", "", "mean losses in a row, by the model of Gilbert; independent losses"},
		{at("loss_trace"), "map", "", "loss over time, instead of loss; keys as of trace"},
	}, recording(at("loss_trace"), "a column of losses"), []field{
		{at("queue"), "queue", "", "that may wait, in bytes, packets or time; the larger of 100 ms at the rate and 64 frames of 1514 bytes"},
		{at("codel"), "map", "", "drops packets that have waited too long (RFC 8289); none"},
		{at("codel.target"), "time", "5ms", "that a packet may wait"},
		{at("codel.interval"), "time", "100ms", "for which it must have been longer"},
		{at("outages"), "list", "", "when nothing passes and packets wait"},
		{at("outages[].from"), "time", required, "since the trial began"},
		{at("outages[].to"), "time", required, "its end"},
		{at("outages[].every"), "time", "", "again after this; once"},
		{at("idle"), "map", "", "what waking up costs after a pause, as radios do"},
		{at("idle.after"), "time", required, "of having nothing to send"},
		{at("idle.penalty"), "time", required, "until the next packet can be sent"},
		{at("reorder"), "share", "0%", "of packets, which skip the delay and so overtake others"},
		{at("duplicate"), "share", "0%", "of packets, which arrive twice"},
		{at("corrupt"), "share", "0%", "of packets, which arrive with one bit flipped"},
		{at("timeline"), "list", "", "changes: at a time for good, or from one to another, once or again; of several that hold the last one listed counts"},
		{at("timeline[].at"), "time", "", "from when on; or from and to"},
		{at("timeline[].from"), "time", "", "from when"},
		{at("timeline[].to"), "time", "", "until when"},
		{at("timeline[].every"), "time", "", "from and to again after this; once"},
		{at("timeline[].times"), "times", "", "how often, with every"},
		{at("timeline[].rate"), "rate", "", "meanwhile"},
		{at("timeline[].delay"), "time", "", "meanwhile"},
		{at("timeline[].loss"), "loss", "", "meanwhile"},
		{at("timeline[].outage"), "yes", "no", "meanwhile nothing passes and packets wait"},
	})
}

// recording are the keys of a file with a quantity over time.
func recording(path, column string) []field {
	at := func(key string) string { return path + "." + key }
	return []field{
		{at("file"), "text", "", "relative to the scenario file"},
		{at("mahimahi"), "text", "", "file, with format mahimahi"},
		{at("format"), "format", "auto", "of the file; testbed traces formats lists them"},
		{at("column"), "text", "", "of the file; " + column + ", the one called as the key or direction, or the only one"},
		{at("wrap"), "wrap", "loop", "after its end: loop, hold (the last value) or stop (0)"},
		{at("from"), "time", "0s", "of the file, where it begins"},
		{at("to"), "time", "", "of the file, where it ends; its end"},
		{at("speed"), "factor", "1x", "how much faster than it was recorded"},
		{at("scale"), "factor", "1x", "what its values are multiplied by"},
	}
}
