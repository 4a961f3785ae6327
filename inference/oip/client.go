package oip

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"unicode/utf8"
)

// A Target is where a server is, and how it is spoken to.
type Target struct {
	// URL is the address: http://host:port or https://host:port, and a path if
	// the protocol's /v2 is below one.
	URL   string
	Token string      // sent as Authorization: Bearer; empty: none
	TLS   *tls.Config // for https; nil: what the host trusts
	// Dial makes the connections; nil is the default one.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// A Client speaks to one server, this package's or another's, over one
// connection that it keeps open: requests made at the same time wait for each
// other. It goes through no proxy and follows no redirect, so that what it
// measures is the way to the server. Its methods may be called from many
// goroutines. The error of a request that the server refused is a
// *StatusError with the server's status.
type Client struct {
	base  string
	token string
	http  http.Client

	mu         sync.Mutex
	signatures map[string]Signature // of models that were asked for
}

// NewClient returns a client of the server at t. It makes no connection before
// it is used.
func NewClient(t Target) (*Client, error) {
	u, err := url.Parse(t.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("server %q: want http://host:port or https://host:port", t.URL)
	}
	return &Client{
		base:       strings.TrimRight(u.String(), "/"),
		token:      t.Token,
		signatures: make(map[string]Signature),
		http: http.Client{
			Transport: &http.Transport{
				DialContext:         t.Dial,
				TLSClientConfig:     t.TLS.Clone(),
				DisableCompression:  true,
				MaxConnsPerHost:     1,
				MaxIdleConnsPerHost: 1,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Close closes the connection.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Live reports an error unless the server is alive. It opens the connection if
// it is not open.
func (c *Client) Live(ctx context.Context) error {
	_, err := c.call(ctx, http.MethodGet, "/v2/health/live", nil)
	return err
}

// Ready reports an error unless the server takes requests.
func (c *Client) Ready(ctx context.Context) error {
	_, err := c.call(ctx, http.MethodGet, "/v2/health/ready", nil)
	return err
}

// modelPath is the path of a model. Names may have slashes and anything else
// in them; of "." and ".." a path may not consist, so that they are escaped,
// too.
func modelPath(parent, model string) (string, error) {
	if model == "" {
		return "", errors.New("a model without a name")
	}
	name := url.PathEscape(model)
	if model == "." || model == ".." {
		name = strings.ReplaceAll(name, ".", "%2E")
	}
	return parent + "/models/" + name, nil
}

// call makes a request of JSON, or of no body, and returns the answer's.
func (c *Client) call(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	req, err := c.request(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, answer, err := c.do(req)
	if err != nil {
		return nil, err
	}
	return answer, serverError(resp, answer)
}

// get is call for an answer of JSON.
func (c *Client) get(ctx context.Context, path string, into any) error {
	answer, err := c.call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	return decode(answer, into)
}

func decode(answer []byte, into any) error {
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, path string, body []byte) (*http.Request, error) {
	var r io.Reader
	if body != nil {
		r = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, r)
	if err != nil {
		return nil, err
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return req, nil
}

// do sends req and reads the whole answer.
func (c *Client) do(req *http.Request) (*http.Response, []byte, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	if resp.ContentLength > MaxBody {
		return nil, nil, fmt.Errorf("answer of %d bytes: want at most %d", resp.ContentLength, MaxBody)
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	if err == nil && len(answer) > MaxBody {
		err = fmt.Errorf("answer of more than %d bytes", MaxBody)
	}
	return resp, answer, err
}

// serverError is the error that an answer is; nil if it is none. Servers say
// why in {"error": …}, or in words of another form.
func serverError(resp *http.Response, answer []byte) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	var w wireError
	if json.Unmarshal(answer, &w) != nil || w.Error == "" {
		w.Error = words(answer)
	}
	if w.Error == "" {
		return Errorf(resp.StatusCode, "%s", resp.Status)
	}
	return Errorf(resp.StatusCode, "%s: %s", resp.Status, w.Error)
}

// words are the beginning of an answer, if it is text.
func words(answer []byte) string {
	text := strings.Join(strings.Fields(string(answer[:min(len(answer), 200)])), " ")
	if !utf8.ValidString(text) {
		return ""
	}
	return text
}
