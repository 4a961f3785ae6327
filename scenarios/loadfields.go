package scenarios

import (
	"slices"
	"strconv"
)

// DefaultHorizon is in how many requests a change of model must pay for itself
// where a scenario does not say.
const DefaultHorizon = 10

// background are the keys of load on a node.
func background(path string) []field {
	at := func(key string) string { return path + "." + key }
	return slices.Concat([]field{
		{at("cpu"), "level", "0%", "CPU time, of each of the node's CPUs: a share, or keys for one that changes"},
		{at("cpu.per"), "per", "core", "core: of each, by a thread pinned to it; node: of all together, by threads that go where the scheduler puts them"},
	}, level(at("cpu"), "share of CPU time"), []field{
		{at("memory"), "level", "0%", "memory bandwidth: share of what one thread reaches there alone; it takes CPU time, too; keys as of cpu"},
	}, level(at("memory"), "share of bandwidth"), []field{
		{at("resident"), "size", "0B", "memory that is held and kept in use"},
		{at("gpu"), "level", "0%", "NVIDIA GPU: share of time in which a kernel runs; keys as of cpu"},
	}, level(at("gpu"), "share of time"), []field{
		{at("down"), "traffic", "0%", "cross traffic from the repository to the node: a share of its link's rate, or a rate; keys as of cpu"},
		{at("down.of"), "rate", "", "that shares are of; the mean rate of the link in this direction"},
		{at("down.by"), "transport", "udp", "udp: paced; tcp: paced, and gives way; bulk: tcp as fast as it can"},
	}, level(at("down"), "share of the rate"), []field{
		{at("up"), "traffic", "0%", "cross traffic from the node to the repository; keys as of down"},
		{at("up.of"), "rate", "", "that shares are of; the mean rate of the link in this direction"},
		{at("up.by"), "transport", "udp", "udp: paced; tcp: paced, and gives way; bulk: tcp as fast as it can"},
	}, level(at("up"), "share of the rate"))
}

// level are the keys of a share that may change over time.
func level(path, what string) []field {
	at := func(key string) string { return path + "." + key }
	return slices.Concat([]field{
		{at("level"), "share", "0%", what + ", where nothing else is said"},
		{at("trace"), "map", "", "recorded utilization, instead of level; keys as of a link's trace"},
	}, recording(at("trace"), "a column of utilization"), []field{
		{at("ramp"), "map", "", "from one level to another, in steps of a hundredth of the way, instead of level"},
		{at("ramp.from"), "share", "0%", "at its begin"},
		{at("ramp.to"), "share", required, "at its end, and after it"},
		{at("ramp.over"), "time", required, "that it takes"},
		{at("ramp.after"), "time", "0s", "since the trial began"},
		{at("timeline"), "list", "", "changes, as of a link: at a time for good, or from one to another, once or again"},
		{at("timeline[].at"), "time", "", "from when on; or from and to"},
		{at("timeline[].from"), "time", "", "from when"},
		{at("timeline[].to"), "time", "", "until when"},
		{at("timeline[].every"), "time", "", "from and to again after this, for ever where every change has the same; once"},
		{at("timeline[].times"), "times", "", "how often, with every"},
		{at("timeline[].level"), "share", required, "meanwhile"},
	})
}

// arm are the keys of a selector.
func arm(path string) []field {
	at := func(key string) string { return path + "." + key }
	return []field{
		{at("name"), "name", "", "in results; the policy"},
		{at("policy"), "policy", "", "how it chooses: greedy, advanced, static, fastest, random, infaas or bandit; the name; exec and url need none"},
		{at("budget"), "budget", "", "accuracy it may give up; the scenario's"},
		{at("accuracy"), "accuracy", "declared", "that counts: declared, or lower (bound of the 95 % interval, where it was measured)"},
		{at("quantile"), "share", "", "decides by the time that this share of requests stays within; by the mean"},
		{at("horizon"), "requests", strconv.Itoa(DefaultHorizon), "requests in which a change of model must pay for itself"},
		{at("dwell"), "requests", "0", "requests at least that go by a model once it was changed to"},
		{at("exact"), "yes", "no", "takes the fastest by however little; else what is up to 3 % slower counts as equally fast, and of those the most accurate is taken"},
		{at("deadline"), "time", "", "of infaas: options predicted above it are left out"},
		{at("without"), "terms", "", "parts of its prediction that advanced does without: network, utilization, load, xi or hysteresis"},
		{at("option"), "text", "", "of static: a model, or model@node"},
		{at("placements"), "names", "", "that it may choose; all of the scenario's"},
		{at("exec"), "names", "", "command that chooses, with its arguments, run beside the scenario file"},
		{at("url"), "url", "", "of an HTTP server that chooses"},
		{at("timeout"), "time", "1s", "of one decision by exec or url"},
		{at("fallback"), "policy", "greedy", "of exec and url: the policy that decides where they do not; end: the run ends"},
	}
}
