package external

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// A server is a conversation with one by HTTP.
type server struct {
	url  string
	http *http.Client
	why  error // it lost what it was told; nil: not as far as is known
}

func newServer(c Config) (*server, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, fmt.Errorf("server %q: want http://host:port/path or https://host:port/path", c.URL)
	}
	return &server{url: u.String(), http: &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:        c.TLS.Clone(),
			DisableCompression:     true, // for a few hundred bytes
			MaxIdleConnsPerHost:    1,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// anew is a conversation with the same server that has not begun.
func (s *server) anew() *server { return &server{url: s.url, http: s.http} }

// call posts a message and reads the answer in the response.
func (s *server) call(ctx context.Context, id uint64, text []byte) (answer, error) {
	body, status, err := s.post(ctx, text)
	switch {
	case err != nil:
		return answer{}, err
	case status != http.StatusOK:
		return answer{}, s.lost(fmt.Errorf("answers with status %s: want 200", statusText(status)))
	case len(body) > longest:
		return answer{}, errTooLong
	}
	a, err := decode(body)
	if err == nil && a.ID != nil && *a.ID != id {
		err = fmt.Errorf("answers %d instead of %d", *a.ID, id)
	}
	return a, err
}

// tell posts a message, of whose response only the status matters: any of
// success.
func (s *server) tell(ctx context.Context, text []byte) error {
	_, status, err := s.post(ctx, text)
	if err == nil && (status < 200 || status > 299) {
		err = s.lost(fmt.Errorf("answers with status %s: want 200", statusText(status)))
	}
	return err
}

// post returns the response to a message. Of its body that is what an answer
// may have, and a byte more if there is more.
func (s *server) post(ctx context.Context, text []byte) (body []byte, status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(text))
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, 0, s.gone(ctx, err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, longest+1))
	return body, resp.StatusCode, s.gone(ctx, err)
}

// gone makes sense of an error of the connection. One that is but late has lost
// nothing.
func (s *server) gone(ctx context.Context, err error) error {
	var about *url.Error
	var timed interface{ Timeout() bool }
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &timed) && timed.Timeout():
		return context.DeadlineExceeded // a little before ctx knows
	case errors.As(err, &about):
		err = about.Err // which does not begin with the URL
	}
	return s.lost(fmt.Errorf("server %s: %w", s.url, err))
}

// lost notes that the server is to be told all again.
func (s *server) lost(why error) error {
	s.why = why
	return why
}

func (s *server) broken() error { return s.why }

// end closes connections that are kept open. The server is its owner's.
func (s *server) end(time.Duration) error {
	s.http.CloseIdleConnections()
	return nil
}

// statusText is such as "404 Not Found".
func statusText(status int) string { return fmt.Sprintf("%d %s", status, http.StatusText(status)) }
