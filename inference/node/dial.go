package node

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The upgrade by which a runner takes a standing node over.
const (
	controlPath     = "/testbed/control"
	controlProtocol = "testbed-node"
)

// DialOptions say which node to take over.
type DialOptions struct {
	URL   string      // http://host:port or https://host:port
	Token string      // that the node wants; empty: none
	TLS   *tls.Config // for https; nil: the system's roots
}

// dialTimeout bounds how long it takes to become a node's runner.
const dialTimeout = 30 * time.Second

// maxAnswer is the most bytes of the answer to an upgrade.
const maxAnswer = 64 << 10

// DialNode takes over the node that listens at a URL (Listen). What the client
// starts there ends when it is closed. A node has one runner at a time; where
// another has it, the error says so.
func DialNode(ctx context.Context, o DialOptions) (*Client, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("node %q: want http://host:port or https://host:port", o.URL)
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := dialHost(ctx, u, o.TLS)
	if err != nil {
		return nil, fmt.Errorf("node %s: %w", o.URL, err)
	}
	// A deadline that has passed is how a context reaches what reads and writes.
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	upgraded, err := upgrade(conn, u, o.Token)
	if !stop() {
		err = errors.Join(ctx.Err(), err)
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("node %s: %w", o.URL, err)
	}
	return Dial(upgraded), nil
}

func dialHost(ctx context.Context, u *url.URL, config *tls.Config) (net.Conn, error) {
	port := u.Port()
	if port == "" {
		port = u.Scheme
	}
	address := net.JoinHostPort(u.Hostname(), port)
	dialer := &net.Dialer{KeepAliveConfig: keepAlive, Control: giveUp}
	if u.Scheme == "http" {
		return dialer.DialContext(ctx, "tcp", address)
	}
	config = config.Clone() // of nil, nil
	if config == nil {
		config = &tls.Config{}
	}
	config.NextProtos = []string{"http/1.1"} // an upgrade is not of HTTP/2
	return (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(ctx, "tcp", address)
}

// upgrade asks for the control connection.
func upgrade(conn net.Conn, u *url.URL, token string) (net.Conn, error) {
	req, err := http.NewRequest(http.MethodPost, u.Scheme+"://"+u.Host+controlPath, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", controlProtocol)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if err := req.Write(conn); err != nil {
		return nil, err
	}
	answer := &io.LimitedReader{R: conn, N: maxAnswer}
	r := bufio.NewReader(answer)
	resp, err := http.ReadResponse(r, req)
	if err != nil {
		return nil, fmt.Errorf("no answer to the upgrade: %w", err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		defer resp.Body.Close()
		why, _ := io.ReadAll(io.LimitReader(resp.Body, 4096)) // the status says most
		return nil, fmt.Errorf("%s: %s", resp.Status, strings.TrimSpace(string(why)))
	}
	answer.N = math.MaxInt64 // what follows is bounded message by message
	return &buffered{Conn: conn, r: r}, nil
}

// A buffered is a connection of which some was read ahead.
type buffered struct {
	net.Conn
	r *bufio.Reader
}

func (b *buffered) Read(p []byte) (int, error) { return b.r.Read(p) }
