package oip

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/testbed/testbed/inference/clock"
)

// A Client sends images to one server over one connection that it keeps open.
type Client struct {
	base string
	http http.Client
}

// A Call is one image for one model.
type Call struct {
	Model string
	Arm   string
	Image []byte // PNG or JPEG
}

// A Result is what came of a Call. Sent, from before the first byte was
// written, and Done, from after the last one was read, are on the
// CLOCK_MONOTONIC of the client, and there whatever the error.
type Result struct {
	Sent, Done time.Duration
	Times      Times // of the server; all 0 if it does not tell
	Logits     []float32
	Up, Down   int64 // bytes of the bodies
}

// NewClient returns a client of the server at address, host:port. dial makes
// its connections; nil is the default one. It makes none before it is used.
func NewClient(address string, dial func(ctx context.Context, network, address string) (net.Conn, error)) *Client {
	return &Client{
		base: "http://" + address,
		http: http.Client{Transport: &http.Transport{
			DialContext:         dial,
			DisableCompression:  true,
			MaxConnsPerHost:     1,
			MaxIdleConnsPerHost: 1,
		}},
	}
}

// Warm opens the connection, if it is not open, by asking whether the server
// is alive.
func (c *Client) Warm(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/v2/health/live", nil)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, MaxBody)); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: not alive: %s", c.base, resp.Status)
	}
	return nil
}

// Infer has call answered.
func (c *Client) Infer(ctx context.Context, call Call) (Result, error) {
	var r Result
	body, header, err := call.body()
	if err != nil {
		return r, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/v2/models/"+url.PathEscape(call.Model)+"/infer", bytes.NewReader(body))
	if err != nil {
		return r, err
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set(HeaderLength, strconv.Itoa(header))
	r.Up = int64(len(body))

	r.Sent = clock.Now()
	resp, answer, err := c.exchange(req)
	r.Done = clock.Now()
	r.Down = int64(len(answer))
	if err != nil {
		return r, err
	}
	if resp.StatusCode != http.StatusOK {
		return r, serverError(resp, answer)
	}
	return r, r.read(answer, resp.Header.Get(HeaderLength))
}

func (c *Client) exchange(req *http.Request) (*http.Response, []byte, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	if err == nil && len(answer) > MaxBody {
		err = fmt.Errorf("answer of more than %d bytes", MaxBody)
	}
	return resp, answer, err
}

func (call Call) body() ([]byte, int, error) {
	parameters, err := json.Marshal(map[string]string{"arm": call.Arm})
	if err != nil {
		return nil, 0, err
	}
	return AppendRequest(nil, Request{
		Parameters: parameters,
		Inputs:     []Tensor{BytesTensor(ImageInput, call.Image)},
		Outputs:    []Output{{Name: LogitsOutput, Binary: true}},
	})
}

func (r *Result) read(answer []byte, header string) error {
	resp, err := ParseResponse(answer, header)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if len(resp.Outputs) != 1 || resp.Outputs[0].Name != LogitsOutput {
		return fmt.Errorf("answer: %d outputs: want %s", len(resp.Outputs), LogitsOutput)
	}
	if r.Logits, err = resp.Outputs[0].Floats(); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if resp.Parameters == nil {
		return nil
	}
	if err := json.Unmarshal(resp.Parameters, &r.Times); err != nil {
		return fmt.Errorf("answer: parameters: %w", err)
	}
	return nil
}

func serverError(resp *http.Response, answer []byte) error {
	var w wireError
	if json.Unmarshal(answer, &w) != nil || w.Error == "" {
		return fmt.Errorf("%s", resp.Status)
	}
	return fmt.Errorf("%s: %s", resp.Status, w.Error)
}

// Close closes the connection.
func (c *Client) Close() { c.http.CloseIdleConnections() }
