package scenarios

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/selector"
)

// listed reads a list of different words, or one word.
func (d *decoder) listed(o object, key string, k kind[string]) (all []string) {
	if n := o.n.child(key); n != nil && n.shape == scalar {
		return []string{value(d, n, join(o.path, key), k)}
	}
	ns, paths := o.items(key, "want a list of words")
	for i, n := range ns {
		word := value(d, n, paths[i], k)
		if slices.Contains(all, word) && word != "" {
			d.add(n.position, paths[i], "%q a second time", word)
		}
		all = append(all, word)
	}
	return all
}

// selectors reads the arms.
func (d *decoder) selectors(o object, s Scenario) []Selector {
	ns, paths := o.items("selectors", "want selectors, such as [greedy, advanced]")
	if !o.has("selectors") {
		return []Selector{d.usual("greedy", s), d.usual("advanced", s)}
	}
	var all []Selector
	for i, n := range ns {
		all = d.apartFrom(all, d.selector(n, paths[i], "selectors[]", s), n, paths[i])
	}
	switch {
	case len(ns) == 1:
		d.add(ns[0].position, paths[0], "want at least two selectors: the baseline, and one to compare with it")
	case len(ns) > maxArms:
		d.add(ns[maxArms].position, paths[maxArms], "want at most %d selectors that send requests; judge.selectors takes more", maxArms)
	}
	return all
}

// maxArms is how many selectors may send requests: inference nodes keep models
// for each of them, and one more for the oracle.
const maxArms = 12

// apartFrom adds a selector that has a name of its own.
func (d *decoder) apartFrom(all []Selector, s Selector, n *node, at string) []Selector {
	if s.Name != "" && slices.ContainsFunc(all, func(a Selector) bool { return a.Name == s.Name }) {
		d.add(n.position, at, "%q a second time: selectors are told apart by their names: {name: other, policy: …}", s.Name)
	}
	return append(all, s)
}

// usual is a selector of a policy as it is without keys.
func (d *decoder) usual(policy string, s Scenario) Selector {
	return d.selector(&node{shape: scalar, text: policy}, "selectors[]", "selectors[]", s)
}

// selector reads a policy, static:MODEL, or a mapping.
func (d *decoder) selector(n *node, at, pattern string, s Scenario) Selector {
	o := object{d, nil, at, pattern}
	policy, option := "", ""
	if n.shape == scalar {
		policy, option, _ = strings.Cut(n.text, ":")
		if policy == "static" && option != "" {
			n = &node{position: n.position, shape: scalar, text: policy}
		}
		policy = value(d, n, at, asPolicy)
	} else {
		o = d.object(n, at, pattern)
		policy, option = d.policy(o), read(o, "option", asText)
	}
	x := Selector{Config: selector.Config{
		Name: read(o, "name", asArm), Policy: policy, Budget: s.Budget, Option: option,
		Lower:    read(o, "accuracy", oneOf(accuracies...)) == "lower",
		Quantile: read(o, "quantile", asQuantile),
		Horizon:  read(o, "horizon", whole(0, maxRequests)), Dwell: read(o, "dwell", whole(0, maxRequests)),
		Exact:    read(o, "exact", asYes),
		Deadline: read(o, "deadline", within(0, maxTime)),
		Without:  d.listed(o, "without", oneOf(selector.Terms()...)),
		Seed:     s.Seed,
	}, Placements: d.listed(o, "placements", oneOf(s.Placements...))}
	if o.has("budget") {
		x.Budget = read(o, "budget", asBudget)
	}
	if policy == "static" && option == "" {
		d.value(n, at, "want the option that static takes, such as static:signs-resnet14, or {policy: static, option: signs-resnet14@edge}")
	}
	if policy == "static" && option != "" {
		d.static(n, at, option, s)
	}
	d.external(o, &x)
	if x.Name == "" {
		x.Name = nameOfArm(x)
	}
	return x
}

// static notes an option that the scenario does not have: of one part, the model
// and the node that it names.
func (d *decoder) static(n *node, at, option string, s Scenario) {
	if strings.ContainsAny(option, "→|+") {
		return // as the run makes them
	}
	model, node, placed := strings.Cut(option, "@")
	var models []string
	for _, m := range s.Models {
		models = append(models, m.Name)
	}
	switch {
	case !slices.Contains(models, model):
		d.add(n.position, at, "static: no model %s in this scenario%s", quote(model), suggest(model, models))
	case placed && !slices.Contains(s.Placements, node):
		d.add(n.position, at, "static: no node %s in placement%s", quote(node), suggest(node, s.Placements))
	}
}

// policy is what the mapping says, or its name, or that of who is asked.
func (d *decoder) policy(o object) string {
	switch {
	case o.n == nil:
		return ""
	case o.has("exec") && o.has("url"):
		d.add(o.n.position, o.path, "want exec or url, not both")
	case o.has("exec"):
		d.refuse(o, []string{"policy"}, "is not for exec: the program chooses")
		return ExecPolicy
	case o.has("url"):
		d.refuse(o, []string{"policy"}, "is not for url: the server chooses")
		return HTTPPolicy
	case o.has("policy"):
		return read(o, "policy", asPolicy)
	case o.has("name"):
		return read(o, "name", asPolicy)
	default:
		d.add(o.n.position, o.path, "missing key \"policy\"")
	}
	return ""
}

// external reads what belongs to somebody else's selector.
func (d *decoder) external(o object, x *Selector) {
	if x.Policy != ExecPolicy && x.Policy != HTTPPolicy {
		d.refuse(o, []string{"timeout", "fallback"}, "is for selectors of exec or url")
		return
	}
	x.URL = read(o, "url", asURL)
	x.Timeout = read(o, "timeout", within(time.Millisecond, time.Minute))
	x.Fallback = read(o, "fallback", asFallback)
	x.Dir = path.Dir(d.file)
	ns, paths := o.items("exec", `want a command with its arguments, such as ["python3", "my_selector.py"]`)
	for i, n := range ns {
		x.Exec = append(x.Exec, value(d, n, paths[i], asText))
	}
	if x.Policy == ExecPolicy && len(x.Exec) > 0 && x.Exec[0] == "" {
		d.value(ns[0], paths[0], "want a command")
	}
}

// nameOfArm is the name of a selector that was given none.
func nameOfArm(x Selector) string {
	switch {
	case x.Policy == "static":
		return "static-" + notInNames.ReplaceAllString(x.Option, "-")
	case len(x.Without) > 0:
		return x.Policy + "-no-" + strings.Join(x.Without, "-")
	}
	return x.Policy
}

// judge reads how selectors are judged; explore is empty, or asks for all options
// after each pair.
func (d *decoder) judge(o object, explore string, s Scenario) Judge {
	j := Judge{Every: read(o, "every", whole(0, maxRequests))}
	if explore != "" && !o.has("every") {
		j.Every = 1
	}
	if n := o.n.child("selectors"); n != nil && n.shape == list && len(n.items) == 0 {
		return j
	}
	ns, paths := o.items("selectors", "want selectors, such as [random, static:signs-resnet14], or none")
	if !o.has("selectors") {
		j.Shadows = d.usualShadows(s)
	}
	for i, n := range ns {
		j.Shadows = d.apartFrom(j.Shadows, d.selector(n, paths[i], "judge.selectors[]", s), n, paths[i])
	}
	for _, arm := range s.Selectors {
		j.Shadows = slices.DeleteFunc(j.Shadows, func(x Selector) bool { return x.Name == arm.Name && x.Policy != "advanced" })
	}
	return j
}

// usualShadows are the other policies, and advanced without each of the terms
// of its prediction; with all of them, too, though it be an arm: what a term is
// worth shows against one that is asked at the same moments.
func (d *decoder) usualShadows(s Scenario) (all []Selector) {
	for _, policy := range []string{"greedy", "advanced", "fastest", "random", "infaas", "bandit"} {
		all = append(all, d.usual(policy, s))
	}
	for _, term := range selector.Terms() {
		x := d.usual("advanced", s)
		x.Without = []string{term}
		x.Name = nameOfArm(x)
		all = append(all, x)
	}
	return all
}

var accuracies = []string{"declared", "lower"}

func asPolicy(text string) (string, string) { return oneOf(selector.Policies()...)(text) }

func asFallback(text string) (string, string) {
	return oneOf(append([]string{EndRun}, "greedy", "advanced", "fastest", "random")...)(text)
}

// asArm is the name of a selector, which is a key of results.
func asArm(text string) (string, string) {
	name, want := asName(text)
	if want == "" && len(name) > maxArmName {
		want = fmt.Sprintf("want a name of at most %d letters, as legends have room for", maxArmName)
	}
	if name == Oracle {
		want = "want another name: the oracle is called so"
	}
	return name, want
}

// Oracle is what is judged against; no selector may be called so.
const (
	Oracle     = "oracle"
	maxArmName = 40
)

func asQuantile(text string) (float64, string) {
	x, want := asShare(text)
	if want == "" && (x <= 0.5 || x >= 1) {
		want = "want a share above 50% and below 100%, such as 95%"
	}
	return x, want
}

// asURL reads http://host:port/path or https.
func asURL(text string) (string, string) {
	if !strings.HasPrefix(text, "http://") && !strings.HasPrefix(text, "https://") {
		return "", "want the URL of a server, such as http://127.0.0.1:9000/select"
	}
	return text, ""
}
