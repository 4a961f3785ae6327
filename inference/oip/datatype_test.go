package oip

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDatatypes: the same elements in JSON and in bytes, both ways.
func TestDatatypes(t *testing.T) {
	for _, tt := range []struct{ datatype, json, data string }{
		{BOOL, "[true,false]", "\x01\x00"},
		{UINT8, "[0,255]", "\x00\xff"},
		{INT8, "[-128,127]", "\x80\x7f"},
		{UINT16, "[1,65535]", "\x01\x00\xff\xff"},
		{INT16, "[-2,32767]", "\xfe\xff\xff\x7f"},
		{UINT32, "[1,4294967295]", "\x01\x00\x00\x00\xff\xff\xff\xff"},
		{INT32, "[-1,2147483647]", "\xff\xff\xff\xff\xff\xff\xff\x7f"},
		{UINT64, "[258,18446744073709551615]", "\x02\x01\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"},
		{INT64, "[-2,9223372036854775807]", "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"},
		{FP32, "[1,-2.5]", "\x00\x00\x80\x3f\x00\x00\x20\xc0"},                                 // 0x3f800000, 0xc0200000
		{FP64, "[1,-2.5]", "\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\x04\xc0"}, // 0x3ff0…, 0xc004…
		{BYTES, `["","a\"é"]`, "\x00\x00\x00\x00\x04\x00\x00\x00a\"é"},
	} {
		want := Tensor{Name: "x", Datatype: tt.datatype, Shape: []int64{2}, Data: []byte(tt.data), Text: tt.datatype == BYTES}
		text := fmt.Sprintf(`{"inputs":[{"name":"x","shape":[2],"datatype":%q,"data":%s}]}`, tt.datatype, tt.json)
		r, err := ParseRequest([]byte(text), "")
		if err != nil {
			t.Errorf("%s: %v", tt.datatype, err)
			continue
		}
		if diff := cmp.Diff([]Tensor{want}, r.Inputs); diff != "" {
			t.Errorf("%s from JSON (-want +got):\n%s", tt.datatype, diff)
		}
		back, header, err := AppendRequest(nil, r, false)
		if err != nil || string(back) != text || header != len(back) {
			t.Errorf("%s to JSON: %v, %s; want %s", tt.datatype, err, back, text)
		}
		if back, header, err = AppendRequest(nil, r, true); err != nil || string(back[header:]) != tt.data {
			t.Errorf("%s to bytes: %v, %q; want %q", tt.datatype, err, back[header:], tt.data)
		}
		want.Text = false
		if r, err = ParseRequest(back, itoa(header)); err != nil || !cmp.Equal([]Tensor{want}, r.Inputs) {
			t.Errorf("%s from bytes: %v\n%s", tt.datatype, err, cmp.Diff([]Tensor{want}, r.Inputs))
		}
	}
	for _, datatype := range []string{FP16, BF16} {
		in := Tensor{Name: "x", Datatype: datatype, Shape: []int64{1}, Data: []byte("\x00\x3c")}
		body, header, err := AppendRequest(nil, Request{Inputs: []Tensor{in}}, true)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := ParseRequest(body, itoa(header)); err != nil || !cmp.Equal([]Tensor{in}, r.Inputs) {
			t.Errorf("%s from bytes: %v, %+v", datatype, err, r.Inputs)
		}
		if _, _, err := AppendRequest(nil, Request{Inputs: []Tensor{in}}, false); err == nil || !strings.Contains(err.Error(), "ask for it in binary") {
			t.Errorf("%s to JSON: %v", datatype, err)
		}
	}
}

// TestJSONRefuses holds elements to their datatype.
func TestJSONRefuses(t *testing.T) {
	for _, tt := range []struct{ datatype, element string }{
		{BOOL, "1"}, {BOOL, `"true"`},
		{UINT8, "256"}, {UINT8, "-1"}, {UINT8, "1.0"}, {UINT8, "1e1"}, {UINT8, "true"},
		{INT8, "128"}, {INT16, "32768"}, {INT32, "2147483648"}, {INT64, "9223372036854775808"},
		{UINT16, "65536"}, {UINT32, "4294967296"}, {UINT64, "18446744073709551616"},
		{FP16, "1"}, {BF16, "1"}, {FP32, "1e39"}, {FP32, "null"}, {FP32, `"1"`}, {FP32, "{}"}, {FP64, "1e309"},
		{BYTES, "1"}, {BYTES, "null"}, {BYTES, "{}"},
	} {
		_, err := ParseRequest(fmt.Appendf(nil, `{"inputs":[{"name":"x","shape":[1],"datatype":%q,"data":[ %s ]}]}`, tt.datatype, tt.element), "")
		if err == nil || !strings.Contains(err.Error(), `inputs[0]: tensor "x": data: element 0: `+tt.element+": want ") {
			t.Errorf("%s for %s: %v", tt.element, tt.datatype, err)
		}
	}
	for _, bad := range []Tensor{
		FloatTensor("x", []int64{2}, []float32{1, float32(math.NaN())}),
		FloatTensor("x", []int64{2}, []float32{1, float32(math.Inf(1))}),
		BytesTensors("x", []int64{2}, nil, []byte("\xff")),
	} {
		if _, _, err := AppendRequest(nil, Request{Inputs: []Tensor{bad}}, false); err == nil || !strings.Contains(err.Error(), `tensor "x": element 1: `) {
			t.Errorf("%v: %v", bad.Data, err)
		}
	}
}

func TestFloats(t *testing.T) {
	double := Tensor{Datatype: FP64, Data: []byte("\x00\x00\x00\x00\x00\x00\x04\xc0")}
	if got, err := double.Floats(); err != nil || !cmp.Equal(got, []float32{-2.5}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []Tensor{{Datatype: INT32, Data: make([]byte, 4)}, {Datatype: FP32, Data: make([]byte, 5)}, {Datatype: BYTES, Data: make([]byte, 4)}, {}} {
		if _, err := bad.Floats(); err == nil {
			t.Errorf("%+v: no error", bad)
		}
	}
}

// TestHostileJSON: what a message may make this package allocate is bounded by
// its length, whatever its sizes say, and nothing overflows the stack.
func TestHostileJSON(t *testing.T) {
	const n = 2 << 20
	list := func(element string) string {
		return strings.TrimSuffix(strings.Repeat(element+",", n/(len(element)+1)), ",")
	}
	elements := func(datatype, element string) string {
		l := list(element)
		return fmt.Sprintf(`{"inputs":[{"name":"x","shape":[%d],"datatype":%q,"data":[%s]}]}`, 1+strings.Count(l, ","), datatype, l)
	}
	for name, tt := range map[string]struct {
		text string
		good bool
	}{
		"inputs":               {`{"inputs":[` + list("{}") + `]}`, false},
		"nulls":                {`{"inputs":[` + list("null") + `]}`, false},
		"outputs":              {`{"inputs":[],"outputs":[` + list("{}") + `]}`, false},
		"dimensions":           {`{"inputs":[{"name":"x","shape":[` + list("1") + `],"datatype":"FP32","data":[1]}]}`, false},
		"a large shape":        {`{"inputs":[{"name":"x","shape":[1073741824],"datatype":"FP64","data":[1]}]}`, false},
		"a shape of ten times": {fmt.Sprintf(`{"inputs":[{"name":"x","shape":[%d],"datatype":"FP64","data":[`, 10*n) + list("0") + `]}]}`, false},
		"deep data":            {`{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":` + strings.Repeat("[", 9000) + "1" + strings.Repeat("]", 9000) + `}]}`, false},
		"very deep data":       {strings.Repeat("[", n), false},
		"deep objects":         {strings.Repeat(`{"a":`, n/5), false},
		"parameters":           {`{"inputs":[],"parameters":{"a":[` + list("{}") + `]}}`, true},
		"unknown fields":       {`{"inputs":[],` + list(`"a":1`) + `}`, true},
		"the same field":       {`{` + list(`"inputs":[]`) + `}`, true},
		"a long name":          {`{"inputs":[{"name":"` + strings.Repeat("x", n) + `","shape":[-1],"datatype":"FP32","data":[]}]}`, false},
		"floats":               {elements(FP32, "0"), true},
		"doubles":              {elements(FP64, "0"), true},
		"strings":              {elements(BYTES, `""`), true},
		"strings of escapes":   {elements(BYTES, `"\u0001"`), true},
		"bools":                {elements(BOOL, "true"), true},
		"empty lists":          {`{"inputs":[{"name":"x","shape":[0],"datatype":"FP32","data":[` + list("[]") + `]}]}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			body := []byte(tt.text)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := ParseRequest(body, "")
			runtime.ReadMemStats(&after)
			if (err == nil) != tt.good {
				t.Errorf("error %.300v; want one: %v", err, !tt.good)
			}
			if err != nil && len(err.Error()) > 300 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > uint64(9*len(body)+512<<10) {
				t.Errorf("%d bytes of JSON: %d allocated", len(body), took)
			}
		})
	}
}

// TestResponsesOfOthers: what other servers leave out, or say in addition.
func TestResponsesOfOthers(t *testing.T) {
	r, err := ParseResponse([]byte(`{"model_name":null,"id":null,"parameters":null,"more":[{}],
		"outputs":[{"name":"y","shape":[1,2],"datatype":"FP32","parameters":{"content_type":"np"},"data":[[1],[2]],"x":1}]}`), "")
	if err != nil {
		t.Fatal(err)
	}
	want := Response{Outputs: []Tensor{FloatTensor("y", []int64{1, 2}, []float32{1, 2})}}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, bad := range []string{`[]`, `null`, `{"id":1}`, `{"parameters":[]}`, `{"outputs":{}}`, `{"outputs":[1]}`, `{"model_version":1}`,
		`{"outputs":[{"name":1,"shape":[],"datatype":"FP32","data":[1]}]}`, `{"outputs":[{"name":"y","datatype":"FP32","data":[1]}]}`,
		`{"outputs":[{"name":"y","shape":[1.5],"datatype":"FP32","data":[1]}]}`, `{"outputs":[{"name":"y","shape":[],"datatype":"FP32","data":1}]}`} {
		if _, err := ParseResponse([]byte(bad), ""); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

func TestParameters(t *testing.T) {
	r, err := ParseRequest([]byte(`{"inputs":[],"parameters": {"arm":"a", "binary_data_output":true}}`), "")
	if err != nil || !r.BinaryOutput || !json.Valid(r.Parameters) {
		t.Errorf("%+v, %v", r, err)
	}
	for _, bad := range []string{`{"binary_data_output":1}`, `[]`, `"x"`} {
		if _, err := ParseRequest([]byte(`{"inputs":[],"parameters":`+bad+`}`), ""); err == nil || !strings.Contains(err.Error(), "parameters") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, bad := range []string{`{"binary_data":"yes"}`, `{"classification":0}`, `{"classification":-1}`, `{"classification":1.5}`, `{"classification":99999999999}`, `[]`} {
		if _, err := ParseRequest([]byte(`{"inputs":[],"outputs":[{"name":"y","parameters":`+bad+`}]}`), ""); err == nil || !strings.Contains(err.Error(), "outputs[0]: ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
