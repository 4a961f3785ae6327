package formats

import (
	"bytes"
	"regexp"
)

// mpstatReport begins a report in the JSON of mpstat; sadf has an object there.
var mpstatReport = regexp.MustCompile(`"timestamp":\s*"`)

func detectMpstat(head []byte, _ string) bool {
	if header, ok := detectSysstat(head); ok {
		return mpstatHeader(header)
	}
	return bytes.Contains(head, []byte(`"sysstat"`)) && mpstatReport.Match(head)
}

// readMpstat reads mpstat's text as readSysstat says, and mpstat -o JSON as
// readSysstatJSON does. The times in that are times of day, each at the end of
// what the report is about.
func readMpstat(src *source) (*Recording, error) {
	src, json, err := beginsWith(src, '{')
	if err != nil {
		return nil, err
	}
	if json {
		return readSysstatJSON(src)
	}
	return readSysstat(src)
}
