package external

import (
	"bufio"
	"errors"
	"io"
)

// longest is how long an answer may be, in bytes.
const longest = 1 << 20

var errTooLong = errors.New("answers with more than 1 MiB")

// A line is one that was read, without its end; or too long to be kept.
type line struct {
	text []byte
	err  error
}

// readLines hands on each line of r until it ends, or until take wants no more.
// Of a line of more than most bytes it keeps the beginning.
func readLines(r io.Reader, most int, take func(line) bool) {
	in := bufio.NewReaderSize(r, 64<<10)
	for {
		var l line
		for {
			piece, err := in.ReadSlice('\n')
			room := max(most+1-len(l.text), 0) // one more for the line's end
			if len(piece) > room {
				l.err = errTooLong
			}
			l.text = append(l.text, piece[:min(room, len(piece))]...)
			if err == nil {
				break
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				if len(l.text) > 0 {
					take(l)
				}
				return
			}
		}
		if l.err == nil {
			l.text = l.text[:len(l.text)-1]
		}
		if !take(l) {
			return
		}
	}
}
