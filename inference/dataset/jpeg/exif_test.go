package jpeg_test

import (
	"encoding/binary"
	"testing"

	"github.com/testbed/testbed/inference/dataset/jpeg"
)

// withSegment puts an APP1 segment behind the start of a file.
func withSegment(file []byte, body string) []byte {
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, byte((len(body)+2)>>8), byte(len(body)+2))
	return append(append(out, body...), file[2:]...)
}

// exif is an EXIF segment of one directory, with a tag before the orientation.
func exif(order binary.AppendByteOrder, magic string, orientation uint16) string {
	b := []byte("Exif\x00\x00" + magic)
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	for _, e := range []struct{ tag, value uint16 }{{0x0100, 99}, {0x0112, orientation}} {
		b = order.AppendUint16(order.AppendUint16(b, e.tag), 3)
		b = order.AppendUint32(b, 1)
		b = order.AppendUint16(order.AppendUint16(b, e.value), 0)
	}
	return string(order.AppendUint32(b, 0))
}

func TestOrientation(t *testing.T) {
	plain := kinds(t)["444"]
	little, big := exif(binary.LittleEndian, "II*\x00", 6), exif(binary.BigEndian, "MM\x00*", 8)
	for _, tt := range []struct {
		name string
		file []byte
		want int
	}{
		{"no EXIF", plain, 1},
		{"Intel", withSegment(plain, little), 6},
		{"Motorola", withSegment(plain, big), 8},
		{"0", withSegment(plain, exif(binary.BigEndian, "MM\x00*", 0)), 1},
		{"9", withSegment(plain, exif(binary.BigEndian, "MM\x00*", 9)), 1},
		{"another segment of that kind", withSegment(plain, "http://ns.adobe.com/xap/1.0/"), 1},
		{"neither Intel nor Motorola", withSegment(plain, "Exif\x00\x00XX*\x00"+little[10:]), 1},
		{"cut before the directory", withSegment(plain, little[:15]), 1},
		{"cut within the directory", withSegment(plain, little[:30]), 1},
		{"a directory beyond the end", withSegment(plain, "Exif\x00\x00II*\x00\xf0\xff\xff\xff"+little[14:]), 1},
	} {
		f, err := jpeg.Open(tt.file)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if f.Orientation != tt.want {
			t.Errorf("%s: orientation %d, want %d", tt.name, f.Orientation, tt.want)
		}
	}
}
