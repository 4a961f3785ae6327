package node

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/model"
)

// A fetcher gets the files of models from the repository.
type fetcher struct {
	sockets    sockets
	repository string // host:port
}

// fetch gets the file of m over a connection of its own, as a device does that
// asks once in a while. It never returns bytes that do not hash to m.SHA256,
// and allocates m.Bytes whatever the repository sends.
func (f fetcher) fetch(ctx context.Context, m model.Model) ([]byte, sample, error) {
	dialer := timedDialer{sockets: f.sockets}
	transport := &http.Transport{DialContext: dialer.dial, DisableKeepAlives: true, DisableCompression: true}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+f.repository+model.FilePath(url.PathEscape(m.Name)), nil)
	if err != nil {
		return nil, sample{}, err
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return nil, sample{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, sample{}, errors.New(resp.Status)
	}
	if n := resp.ContentLength; n >= 0 && n != m.Bytes {
		return nil, sample{}, fmt.Errorf("%d bytes are offered: want %d", n, m.Bytes)
	}
	data, sum, err := readHashed(resp.Body, m.Bytes)
	if err != nil {
		return nil, sample{}, err
	}
	if sum != m.SHA256 {
		return nil, sample{}, fmt.Errorf("SHA-256 is %s: want %s", sum, m.SHA256)
	}
	took := time.Since(dialer.connected) - dialer.handshake
	return data, sample{bytes: unit.Bytes(len(data)), took: took}, nil
}

// readHashed reads exactly n bytes, to the end of r, and hashes them as they
// come, so that the hash is there with the last of them.
func readHashed(r io.Reader, n int64) (data []byte, sum string, err error) {
	data = make([]byte, n)
	h := sha256.New()
	for got := int64(0); got < n; {
		k, err := r.Read(data[got:])
		h.Write(data[got : got+int64(k)])
		got += int64(k)
		if err != nil && got < n {
			return nil, "", fmt.Errorf("%w after %d bytes: want %d", ended(err), got, n)
		}
	}
	if k, _ := io.ReadFull(r, make([]byte, 1)); k > 0 {
		return nil, "", fmt.Errorf("more than %d bytes came", n)
	}
	return data, hex.EncodeToString(h.Sum(nil)), nil
}

func ended(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
