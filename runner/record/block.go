package record

// A Block is lines of a run directory that are not written yet. Its methods may
// be called from one goroutine at a time. The zero Block is empty; one that was
// used must not be copied.
type Block struct {
	files   [len(lineFiles)]lines
	request Request // that is being added: room for it
}

// Request adds a line of requests.jsonl.
func (b *Block) Request(r Request) error {
	b.request = r
	return b.add(requests, &b.request)
}

// Decision adds a line of decisions.jsonl.
func (b *Block) Decision(d Decision) error { return b.add(decisions, &d) }

// Telemetry adds a line of telemetry.jsonl.
func (b *Block) Telemetry(t Telemetry) error { return b.add(telemetry, &t) }

// Check adds a line of checks.jsonl.
func (b *Block) Check(c Check) error { return b.add(checks, &c) }

// Replay adds a line of replays.jsonl.
func (b *Block) Replay(r Replay) error { return b.add(replays, &r) }

func (b *Block) add(to int, v any) error { return b.files[to].add(to, v) }

// Size is how many bytes the lines have.
func (b *Block) Size() (n int) {
	for i := range b.files {
		n += b.files[i].Len()
	}
	return n
}

// Append writes the lines of b, and empties it. Requests are the last, so that
// where one is, all that came before it is.
func (w *Writer) Append(b *Block) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(b.files) - 1; i >= 0; i-- {
		if err := w.write(i, b.files[i].Bytes()); err != nil {
			return err
		}
		b.files[i].Reset()
	}
	return nil
}
