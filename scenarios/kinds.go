package scenarios

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// A kind turns the text of a value into what it means, or says what was wanted.
type kind[T any] func(text string) (v T, want string)

const (
	maxDelay = time.Minute // of a link, one way
	maxTime  = 24 * time.Hour
)

func quote(s string) string { return strconv.Quote(s) }

func asText(text string) (string, string) { return text, "" }

var (
	nameForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	nodeForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,9}$`)
	sha256Form = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

func asName(text string) (string, string) {
	if !nameForm.MatchString(text) {
		return "", "want a name of letters, digits, '.', '_' and '-'"
	}
	return text, ""
}

func asNode(text string) (string, string) {
	switch {
	case !nodeForm.MatchString(text):
		return "", "want a name of at most 10 lower-case letters, digits and '-'"
	case text == control, text == repository, text == "router":
		return "", "want another name: the world has a node of this one"
	}
	return text, ""
}

func asSHA256(text string) (string, string) {
	if !sha256Form.MatchString(text) {
		return "", "want a SHA-256: 64 hexadecimal digits in lower case"
	}
	return text, ""
}

// oneOf accepts the words.
func oneOf(words ...string) kind[string] {
	return func(text string) (string, string) {
		for _, w := range words {
			if w == text {
				return w, ""
			}
		}
		if len(words) == 1 {
			return "", "want " + words[0]
		}
		last := len(words) - 1
		return "", "want " + strings.Join(words[:last], ", ") + " or " + words[last] + suggest(text, words)
	}
}

// whole accepts numbers from lo to hi.
func whole(lo, hi int) kind[int] {
	return func(text string) (int, string) {
		n, err := strconv.Atoi(text)
		if err != nil || n < lo || n > hi {
			return 0, fmt.Sprintf("want a whole number from %d to %d", lo, hi)
		}
		return n, ""
	}
}

func asSeed(text string) (uint64, string) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, "want a whole number from 0 to 18446744073709551615"
	}
	return n, ""
}

// asAddress reads http://host:port or https://host:port.
func asAddress(text string) (string, string) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Port() == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return "", "want an address with its port, such as http://192.168.1.7:8801"
	}
	return text, ""
}

// asListen reads [host]:port.
func asListen(text string) (string, string) {
	_, port, err := net.SplitHostPort(text)
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n == 0 {
		return "", "want a port to listen on, such as :8802"
	}
	return text, ""
}

func asHostPort(text string) (string, string) {
	host, port, err := net.SplitHostPort(text)
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n == 0 || host == "" {
		return "", "want host:port, such as 192.168.1.2:8802"
	}
	return text, ""
}

var variableForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func asVariable(text string) (string, string) {
	if !variableForm.MatchString(text) {
		return "", "want the name of an environment variable, such as EDGE_TOKEN; a scenario is kept with its results, so it holds no secret"
	}
	return text, ""
}

func asNumber(text string) (float32, string) {
	x, err := strconv.ParseFloat(text, 32)
	if err != nil || x != x || x > 1e6 || x < -1e6 {
		return 0, "want a number"
	}
	return float32(x), ""
}

func asDivisor(text string) (float32, string) {
	x, want := asNumber(text)
	if want == "" && x <= 0 {
		want = "want a positive number, such as 255"
	}
	return x, want
}

func asRate(text string) (unit.BitRate, string) {
	if text == "unlimited" {
		return 0, ""
	}
	r, err := unit.ParseBitRate(text)
	switch {
	case err != nil:
		return 0, "want a rate with its unit, such as 5Mbps"
	case r <= 0:
		return 0, "want a rate above 0, or unlimited; outages: [{from: 10s, to: 12s}] lets nothing pass for a while"
	case r > MaxRate:
		return 0, "want a rate of at most 100Gbps"
	}
	return r, ""
}

// within accepts times from lo to hi.
func within(lo, hi time.Duration) kind[time.Duration] {
	return func(text string) (time.Duration, string) {
		d, err := unit.ParseDuration(text)
		switch {
		case strings.HasPrefix(strings.TrimSpace(text), "-"):
			return 0, "want a time that is not negative, such as 10ms"
		case err != nil:
			return 0, "want a time with its unit, such as 10ms"
		case d < lo || d > hi:
			return 0, fmt.Sprintf("want a time from %s to %s", plain(lo), plain(hi))
		}
		return d, ""
	}
}

// plain prints a time without parts that are zero: 1m, not 1m0s.
func plain(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func asShare(text string) (float64, string) {
	x, err := unit.ParseShare(text)
	if err != nil || x < 0 || x > 1 {
		return 0, "want a share from 0% to 100%, such as 50%"
	}
	return x, ""
}

// leastQuota is what the kernel can hand out: a millisecond in a period of a
// tenth of a second.
const leastQuota = 0.01

// asQuota reads CPU time, in CPUs.
func asQuota(text string) (float64, string) {
	number, ok := strings.CutSuffix(text, "%")
	x, err := strconv.ParseFloat(number, 64)
	if x /= 100; !ok || err != nil || !(x >= leastQuota && x <= 1024) {
		return 0, "want CPU time from 1% of a CPU, which is the least that the kernel hands out, such as 50%, or 150% for one and a half CPUs"
	}
	return x, ""
}

func asLoss(text string) (float64, string) {
	if len(strings.Fields(text)) > 1 && strings.Count(text, "%") > 1 {
		return 0, "want one share; netem's correlation loses next to nothing, so say loss: 1% and loss_burst: 4packets for losses in a row"
	}
	x, err := unit.ParseShare(text)
	if err != nil || x < 0 || x >= 1 {
		return 0, "want a share from 0% to less than 100%, such as 0.1%"
	}
	return x, ""
}

func asConfidence(text string) (float64, string) {
	x, err := unit.ParseShare(text)
	if err != nil || x < 0.5 || x >= 1 {
		return 0, "want a share from 50% to less than 100%, such as 95%"
	}
	return x, ""
}

func asPoints(text string) (float64, string) {
	x, err := unit.ParsePoints(text)
	if err != nil || x < 0 || x > 1 {
		return 0, "want percentage points from 0pp to 100pp, such as 10pp"
	}
	return x, ""
}

// The nodes that every world has.
const (
	control    = "control"
	repository = "repository"
)

// The words that some keys choose from.
var (
	worlds      = []string{"netns", "devices", "sim"}
	noises      = []string{"profile", "none"}
	scales      = []string{"linear", "log"}
	explored    = []string{"all"}
	stops       = []string{"decided"}
	engines     = []string{"auto", "relay", "tc"}
	devices     = []string{"auto", "packet", "tun"}
	layers      = []string{"ethernet", "ip", "wire"}
	shapes      = []string{"uniform", "normal", "pareto"}
	wraps       = []string{"loop", "hold", "stop"}
	residencies = []string{"warm", "first", "cold"}
	datasets    = []string{"signs", "synthetic", "folder", "cifar10", blank}

	providers      = []string{"cpu", "cuda", "tensorrt", "openvino", "coreml", "xnnpack"}
	optimizations  = []string{"all", "extended", "basic", "off"}
	protocols      = []string{"testbed", "oip"}
	weightses      = []string{"auto", "seeded"}
	interpolations = []string{"bilinear", "bicubic"}
)
