package oip

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRequestReadsBack(t *testing.T) {
	want := Request{
		ID:         "r-17",
		Parameters: json.RawMessage(`{"arm":"advanced"}`),
		Inputs: []Tensor{
			FloatTensor("input", []int64{1, 2}, []float32{1.5, float32(math.Inf(-1))}),
			BytesTensor("image", []byte("PNG\x00")),
		},
		Outputs: []Output{{Name: "logits", Binary: true}, {Name: "other", Classes: 3}},
	}
	body, header, err := AppendRequest([]byte("before"), want, true)
	if err != nil {
		t.Fatal(err)
	}
	body, ok := bytes.CutPrefix(body, []byte("before"))
	if !ok {
		t.Fatal("AppendRequest does not append")
	}
	// 8 bytes of floats, then 4 of length and 4 of the element.
	if rest := body[header:]; string(rest[8:]) != "\x04\x00\x00\x00PNG\x00" || len(rest) != 16 {
		t.Errorf("after the JSON: %q", rest)
	}
	got, err := ParseRequest(body, itoa(header))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestResponseReadsBack(t *testing.T) {
	want := Response{
		Model: "m", ID: "7", Parameters: json.RawMessage(`{"recv_ns":12}`),
		Outputs: []Tensor{FloatTensor("logits", []int64{1, 3}, []float32{1, -2.5, 3e-9}), BytesTensor("b", []byte("hé\x00"))},
	}
	for _, binary := range []bool{true, false} {
		body, header, err := AppendResponse(nil, want, func(int) bool { return binary })
		if err != nil {
			t.Fatal(err)
		}
		h := ""
		if binary {
			h = itoa(header)
		}
		got, err := ParseResponse(body, h)
		if err != nil {
			t.Fatal(err)
		}
		want.Outputs[1].Text = !binary
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("binary %v (-want +got):\n%s", binary, diff)
		}
	}
	nan := Response{Outputs: []Tensor{FloatTensor("logits", []int64{1}, []float32{float32(math.NaN())})}}
	if _, _, err := AppendResponse(nil, nan, func(int) bool { return false }); err == nil {
		t.Error("NaN in JSON: no error")
	}
}

func itoa(n int) string { return string(must(json.Marshal(n))) }

// text is a tensor as it comes of a string in JSON.
func text(name, element string) Tensor {
	t := BytesTensor(name, []byte(element))
	t.Text = true
	return t
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// TestParseRequestJSON: numbers may be nested or flat, as the protocol says.
func TestParseRequestJSON(t *testing.T) {
	want := FloatTensor("input", []int64{2, 2}, []float32{1, 2, 3, 4})
	for _, data := range []string{"[1,2,3,4]", "[[1,2],[3,4]]", "[[[1],[2]],[[3],[4]]]"} {
		r, err := ParseRequest([]byte(`{"inputs":[{"name":"input","shape":[2,2],"datatype":"FP32","data":`+data+`}]}`), "")
		if err != nil {
			t.Errorf("%s: %v", data, err)
		} else if diff := cmp.Diff([]Tensor{want}, r.Inputs); diff != "" {
			t.Errorf("%s (-want +got):\n%s", data, diff)
		}
	}
	r, err := ParseRequest([]byte(`{"parameters":{"binary_data_output":true},"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["PNG"]}],
		"outputs":[{"name":"a"},{"name":"b","parameters":{"binary_data":false}}]}`), "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Tensor{text("image", "PNG")}, r.Inputs); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]Output{{Name: "a", Binary: true}, {Name: "b"}}, r.Outputs); diff != "" || !r.BinaryOutput {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}

func TestParseRequestRefuses(t *testing.T) {
	// one makes a body of one tensor and says how much of it is JSON.
	one := func(tensor, rest string) (body, header string) {
		text := `{"inputs":[` + tensor + `]}`
		return text + rest, itoa(len(text))
	}
	for _, tt := range []struct {
		name, tensor, rest string
		header             string // instead of the right one
		want               string
	}{
		{"a header that is no number", `{}`, "", "many", `Inference-Header-Content-Length: "many"`},
		{"a negative header", `{}`, "", "-1", `"-1"`},
		{"a header longer than the body", `{}`, "", "999", `"999": want 0 to 15`},
		{"a header too large for any integer", `{}`, "", "99999999999999999999", "want 0 to 15"},
		{"a header that ends in the JSON", `{}`, "", "3", "JSON of the body"},
		{"a header of 0", `{}`, "", "0", "it is empty"},
		{"no data", `{"name":"x","shape":[1],"datatype":"FP32"}`, "", "", "either data or binary_data_size"},
		{"data twice", `{"name":"x","shape":[1],"datatype":"FP32","data":[1],"parameters":{"binary_data_size":4}}`, "1234", "", "either data or binary_data_size"},
		{"a size larger than the body", `{"name":"x","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":8}}`, "1234", "", "binary_data_size 8: 4 bytes are left"},
		{"a negative size", `{"name":"x","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":-4}}`, "1234", "", "binary_data_size -4"},
		{"a size smaller than the shape", `{"name":"x","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":4}}`, "1234", "", "4 bytes: want 4 for each of the 2"},
		{"bytes left over", `{"name":"x","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}`, "12345", "", "1 bytes after the last tensor"},
		{"a negative dimension", `{"name":"x","shape":[-1,-1],"datatype":"FP32","parameters":{"binary_data_size":4}}`, "1234", "", "shape [-1 -1]"},
		{"a product that overflows", `{"name":"x","shape":[4294967296,4294967296],"datatype":"FP32","parameters":{"binary_data_size":0}}`, "", "", "shape [4294967296 4294967296]"},
		{"an unknown datatype", `{"name":"x","shape":[1],"datatype":"FP99","parameters":{"binary_data_size":4}}`, "1234", "", `datatype "FP99"`},
		{"too few numbers", `{"name":"x","shape":[3],"datatype":"FP32","data":[1.0,2.0]}`, "", "", "2 elements: want 3"},
		{"far too few numbers", `{"name":"x","shape":[1000000],"datatype":"FP32","data":[1.0,2.0]}`, "", "", "want 1000000 elements"},
		{"words for numbers", `{"name":"x","shape":[1],"datatype":"FP32","data":["a"]}`, "", "", `tensor "x": data: element 0: "a": want FP32`},
		{"an element longer than the tensor", `{"name":"x","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":8}}`, "\xff\xff\xff\xff1234", "", "length 4294967295: only 4 bytes are left"},
		{"neither true nor false", `{"name":"x","shape":[2],"datatype":"BOOL","parameters":{"binary_data_size":2}}`, "\x01\x02", "", "element 1 is 0x2: want 0 or 1"},
		{"an element longer by one", `{"name":"x","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":8}}`, "\x05\x00\x00\x001234", "", "length 5: only 4 bytes are left"},
		{"half a length", `{"name":"x","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":2}}`, "\x00\x00", "", "want a length in 4"},
		{"two elements for one", `{"name":"x","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":8}}`, "\x00\x00\x00\x00\x00\x00\x00\x00", "", "2 elements: want 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body, header := one(tt.tensor, tt.rest)
			if tt.header != "" {
				header = tt.header
			}
			if _, err := ParseRequest([]byte(body), header); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v; want one with %q", err, tt.want)
			}
		})
	}
}
