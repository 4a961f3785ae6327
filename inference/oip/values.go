package oip

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// fromJSON reads data, which is valid JSON: the elements, nested or flat. It
// allocates what the shape says, after a look at whether data can hold as
// many.
func (t *Tensor) fromJSON(data gjson.Result) error {
	n, wide, err := t.size()
	if err != nil {
		return err
	}
	if !data.IsArray() {
		return fmt.Errorf("tensor %q: data: want an array", t.Name)
	}
	if 2*n+1 > int64(len(data.Raw)) { // each has a byte, and a comma or bracket; and one more bracket
		return fmt.Errorf("tensor %q: data: want %d elements, the product of %v", t.Name, n, t.Shape)
	}
	t.Text = t.Datatype == BYTES
	r := elementReader{datatype: t.Datatype, most: n, data: make([]byte, 0, n*max(wide, 4))}
	if t.Text {
		r.strings(data, 0)
	} else {
		r.literals(data.Raw)
	}
	if r.err == nil && r.n != n {
		r.err = fmt.Errorf("%d elements: want %d, the product of %v", r.n, n, t.Shape)
	}
	if r.err != nil {
		return fmt.Errorf("tensor %q: data: %w", t.Name, r.err)
	}
	t.Data = r.data
	return nil
}

// An elementReader turns elements of JSON into the binary form.
type elementReader struct {
	datatype string
	most     int64 // elements
	n        int64 // so far
	data     []byte
	err      error
}

// strings reads the elements in a nested array of strings, and reports whether
// to go on.
func (r *elementReader) strings(a gjson.Result, depth int) bool {
	if r.deep(depth) {
		return false
	}
	a.ForEach(func(_, v gjson.Result) bool {
		if v.IsArray() {
			return r.strings(v, depth+1)
		}
		r.data = appendElement(r.data, v.Str)
		return r.count(v.Raw, v.Type == gjson.String)
	})
	return r.err == nil
}

// literals reads the elements in a nested array of numbers, or true and false.
// The text is valid JSON, so that what is between brackets, commas and spaces
// is an element; or it begins one that is none.
func (r *elementReader) literals(text string) {
	for depth, i := 0, 0; i < len(text) && r.err == nil; {
		switch text[i] {
		case '[':
			r.deep(depth)
			depth++
			i++
		case ']':
			depth--
			i++
		case ',', ' ', '\t', '\n', '\r':
			i++
		default:
			end := i + 1
			for end < len(text) && !separates(text[end]) {
				end++
			}
			r.count(text[i:end], r.literal(text[i:end]))
			i = end
		}
	}
}

func separates(b byte) bool {
	return b == ',' || b == ']' || b == ' ' || b == '\n' || b == '\t' || b == '\r'
}

// deep reports whether nesting goes too far, which is an error.
func (r *elementReader) deep(depth int) bool {
	if depth < maxRank {
		return false
	}
	r.err = fmt.Errorf("nested more than %d deep", maxRank)
	return true
}

// count counts an element that was read, if it was good, and reports whether
// to go on.
func (r *elementReader) count(text string, good bool) bool {
	if r.n++; r.n > r.most {
		r.err = fmt.Errorf("more than the %d elements of the shape", r.most)
	} else if !good {
		r.err = fmt.Errorf("element %d: %.40s: want %s", r.n-1, text, form(r.datatype))
	}
	return r.err == nil
}

func form(datatype string) string {
	switch datatype {
	case FP16, BF16:
		return datatype + " in binary form"
	case BYTES:
		return "a string"
	}
	return datatype
}

// literal appends one, and reports whether it is of the datatype.
func (r *elementReader) literal(text string) bool {
	wide, _ := width(r.datatype)
	switch r.datatype {
	case BOOL:
		b := byte(0)
		if text == "true" {
			b = 1
		}
		r.data = append(r.data, b)
		return text == "true" || text == "false"
	case FP32:
		x, err := strconv.ParseFloat(text, 32)
		r.data = binary.LittleEndian.AppendUint32(r.data, math.Float32bits(float32(x)))
		return err == nil
	case FP64:
		x, err := strconv.ParseFloat(text, 64)
		r.data = binary.LittleEndian.AppendUint64(r.data, math.Float64bits(x))
		return err == nil
	case INT8, INT16, INT32, INT64:
		x, err := strconv.ParseInt(text, 10, int(8*wide))
		r.data = appendInteger(r.data, uint64(x), wide)
		return err == nil
	case UINT8, UINT16, UINT32, UINT64:
		x, err := strconv.ParseUint(text, 10, int(8*wide))
		r.data = appendInteger(r.data, x, wide)
		return err == nil
	}
	return false // FP16, BF16
}

// appendInteger appends the lowest wide bytes of x.
func appendInteger(data []byte, x uint64, wide int64) []byte {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], x)
	return append(data, b[:wide]...)
}

// toJSON is the inverse of fromJSON. JSON has no infinities, no NaN and no
// bytes that are not text, so a tensor with one is an error.
func (t Tensor) toJSON() (json.RawMessage, error) {
	out := append(make([]byte, 0, 2+4*len(t.Data)), '[')
	wide, _ := width(t.Datatype)
	for i, rest := 0, t.Data; len(rest) > 0; i++ {
		if i > 0 {
			out = append(out, ',')
		}
		n := wide
		if wide == variable {
			n = 4 + int64(binary.LittleEndian.Uint32(rest))
		}
		var err error
		if out, err = appendJSON(out, t.Datatype, rest[:n]); err != nil {
			return nil, fmt.Errorf("tensor %q: element %d: %w: ask for it in binary", t.Name, i, err)
		}
		rest = rest[n:]
	}
	return append(out, ']'), nil
}

// appendJSON appends one element.
func appendJSON(out []byte, datatype string, b []byte) ([]byte, error) {
	switch datatype {
	case BOOL:
		return strconv.AppendBool(out, b[0] != 0), nil
	case BYTES:
		if b = b[4:]; !utf8.Valid(b) {
			return nil, fmt.Errorf("%.40q: JSON has text only", b)
		}
		text, err := json.Marshal(string(b))
		return append(out, text...), err
	case FP32:
		return appendFloat(out, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), 32)
	case FP64:
		return appendFloat(out, math.Float64frombits(binary.LittleEndian.Uint64(b)), 64)
	case FP16, BF16:
		return nil, fmt.Errorf("%s is not in JSON", datatype)
	}
	var padded [8]byte
	copy(padded[:], b)
	x := binary.LittleEndian.Uint64(padded[:])
	if datatype[0] == 'U' {
		return strconv.AppendUint(out, x, 10), nil
	}
	unused := 64 - 8*len(b) // bits above the sign
	return strconv.AppendInt(out, int64(x<<unused)>>unused, 10), nil
}

func appendFloat(out []byte, x float64, bits int) ([]byte, error) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil, fmt.Errorf("JSON has no %v", x)
	}
	return strconv.AppendFloat(out, x, 'g', -1, bits), nil
}
