package node_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/oip"
)

func client(t *testing.T, target oip.Target) *oip.Client {
	t.Helper()
	c, err := oip.NewClient(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func classify(c *oip.Client, name string, file []byte) error {
	_, err := c.Classify(context.Background(), oip.Call{Model: name, Image: file})
	return err
}

func takeOver(t *testing.T, o node.DialOptions, cfg node.Config) (*node.Client, node.Description) {
	t.Helper()
	c, err := node.DialNode(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	cfg.Role, cfg.Congestion = "inference", "reno"
	d, err := c.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c, d
}

// eventually waits until ok says so.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("20 s later: not " + what)
		}
	}
}

// index maps the models of a server to their states.
func index(t *testing.T, url string) map[string]oip.State {
	t.Helper()
	resp, err := http.Post(url+"/v2/repository/index", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var entries []oip.IndexEntry
	if err := json.NewDecoder(resp.Body).Decode(&entries); err != nil {
		t.Fatal(err)
	}
	states := make(map[string]oip.State)
	for _, e := range entries {
		states[e.Name] = e.State
	}
	return states
}

// TestStandingAlone: what is asked for is loaded, from the disk of the node.
func TestStandingAlone(t *testing.T) {
	n := listen(t, node.ListenOptions{})
	name := model.Builtin()[0].Name
	if s := index(t, n.url); s[name] != oip.StateUnavailable || len(s) != 2 {
		t.Errorf("at first: %v", s)
	}
	c := client(t, oip.Target{URL: n.url})
	r, err := c.Classify(t.Context(), oip.Call{Model: name, Image: image(t, 0)})
	if err != nil || len(r.Logits) != 40 || r.Times.FetchBytes != 0 {
		t.Errorf("%d logits, %+v, %v", len(r.Logits), r.Times, err)
	}
	if s := index(t, n.url); s[name] != oip.StateReady {
		t.Errorf("after a request: %v", s)
	}
}

// TestTakenOver follows a node through a run: its own models, the runner's from
// the runner's repository, and its own again. What the runner says of files and
// libraries on its machine means nothing on the node's.
func TestTakenOver(t *testing.T) {
	n := listen(t, node.ListenOptions{Models: model.Builtin()[:1], Threads: 1})
	own, foreign := model.Builtin()[0], model.Builtin()[1]
	data, err := foreign.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	foreign.Name, foreign.File = "theirs", "/nowhere/theirs.onnx"
	repository, fetches := serveFile(t, foreign, data)
	plain := client(t, oip.Target{URL: n.url})
	if err := classify(plain, own.Name, image(t, 0)); err != nil {
		t.Fatal(err)
	}

	c, d := takeOver(t, node.DialOptions{URL: n.url}, node.Config{Name: "phone", Library: "/nowhere/lib.so", Repository: repository, Models: []model.Model{foreign}})
	if d.Name != "phone" || d.PID != os.Getpid() || d.Machine.OS == "" || d.Machine.CPUs == 0 {
		t.Errorf("described as %+v", d)
	}
	if _, ok := c.LocalAddr().(*net.TCPAddr); !ok {
		t.Errorf("LocalAddr: %v", c.LocalAddr())
	}
	if s := index(t, n.url); len(s) != 1 || s["theirs"] != oip.StateUnavailable {
		t.Errorf("taken over: %v", s)
	}
	// A cold arm fetches; Prepare does so once for all arms, and tells no rate.
	for range 2 {
		for _, arm := range []string{"b", "c"} {
			if err := c.Prepare(t.Context(), node.PrepareArgs{Arm: arm, Models: []string{"theirs"}}); err != nil {
				t.Fatal(err)
			}
			if err := c.Prepare(t.Context(), node.PrepareArgs{Arm: arm}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := fetches.Load(); got != 1 {
		t.Errorf("%d fetches to prepare, want 1", got)
	}
	if s, err := c.Status(t.Context(), "b"); err != nil || s.DownBps != 0 || s.Opened != 4 {
		t.Errorf("after Prepare: %+v, %v; want 4 sessions opened, no rate known", s, err)
	}
	r, err := plain.Classify(t.Context(), oip.Call{Model: "theirs", Arm: "a", Image: image(t, 0)})
	if err != nil || r.Times.FetchBytes != foreign.Bytes || fetches.Load() != 2 {
		t.Errorf("cold: %d bytes fetched, %d fetches, %v", r.Times.FetchBytes, fetches.Load(), err)
	}
	if err := classify(plain, own.Name, image(t, 0)); err == nil {
		t.Error("the node's own model answers while a runner has it")
	}

	c.Close()
	eventually(t, "its own model loaded again", func() bool { return index(t, n.url)[own.Name] == oip.StateReady })
	if err := classify(plain, own.Name, image(t, 0)); err != nil {
		t.Error(err)
	}
	if s := index(t, n.url); len(s) != 1 {
		t.Errorf("given back: %v", s)
	}
}

// serveFile is a repository of one file, and counts how often it is asked for it.
func serveFile(t *testing.T, m model.Model, data []byte) (address string, asked *atomic.Int64) {
	asked = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != model.FilePath(m.Name) {
			http.NotFound(w, r)
			return
		}
		asked.Add(1)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://"), asked
}

// TestOneRunner: the second is refused, and gets the node once it is free.
func TestOneRunner(t *testing.T) {
	n := listen(t, node.ListenOptions{})
	first, err := node.DialNode(t.Context(), node.DialOptions{URL: n.url})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := node.DialNode(t.Context(), node.DialOptions{URL: n.url}); err == nil || !strings.Contains(err.Error(), "409 Conflict: another runner has this node") {
		t.Errorf("a second runner: %v", err)
	}
	first.Close()
	second, err := node.DialNode(t.Context(), node.DialOptions{URL: n.url})
	if err != nil {
		t.Fatalf("after the first hung up: %v", err)
	}
	second.Close()
}

// TestRolesOfStandingNodes: what it cannot be, and what it has not.
func TestRolesOfStandingNodes(t *testing.T) {
	n := listen(t, node.ListenOptions{})
	for _, tt := range []struct {
		cfg  node.Config
		want string
	}{
		{node.Config{Name: "x", Role: "repository"}, "a standing node can be inference only"},
		{node.Config{Name: "x", Role: "inference", Cache: "/cache"}, "keeps no optimised models"},
		{node.Config{Name: "x", Role: "inference", Provider: "abacus"}, "abacus"},
	} {
		c, err := node.DialNode(t.Context(), node.DialOptions{URL: n.url})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Start(t.Context(), tt.cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Start(%+v): %v; want an error with %q", tt.cfg, err, tt.want)
		}
		c.Close()
	}
	name := model.Builtin()[0].Name
	eventually(t, "the node's own again", func() bool { return classify(client(t, oip.Target{URL: n.url}), name, image(t, 0)) == nil })
}

// TestToken: nothing but whether the node is alive is told without it.
func TestToken(t *testing.T) {
	n := listen(t, node.ListenOptions{Token: "open sesame"})
	for _, token := range []string{"", "open", "open sesames"} {
		req, err := http.NewRequest(http.MethodGet, n.url+"/v2", nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("token %q: %s", token, resp.Status)
		}
		if _, err := node.DialNode(t.Context(), node.DialOptions{URL: n.url, Token: token}); err == nil || !strings.Contains(err.Error(), "401 Unauthorized") {
			t.Errorf("taken over with token %q: %v", token, err)
		}
	}
	if resp, err := http.Get(n.url + "/v2/health/live"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("live: %v, %v", resp, err)
	}
	if err := classify(client(t, oip.Target{URL: n.url, Token: "open sesame"}), model.Builtin()[0].Name, image(t, 0)); err != nil {
		t.Error(err)
	}
	// While a runner has the node, the same token is asked for.
	takeOver(t, node.DialOptions{URL: n.url, Token: "open sesame"}, node.Config{Name: "edge", Models: model.Builtin()[:1], Token: "another"})
	if err := classify(client(t, oip.Target{URL: n.url}), model.Builtin()[0].Name, image(t, 0)); err == nil {
		t.Error("taken over: no token, no error")
	}
	if err := classify(client(t, oip.Target{URL: n.url, Token: "open sesame"}), model.Builtin()[0].Name, image(t, 0)); err != nil {
		t.Error(err)
	}
}

// TestControlRefuses what is not an upgrade to it.
func TestControlRefuses(t *testing.T) {
	n := listen(t, node.ListenOptions{})
	for _, tt := range []struct {
		method, upgrade string
		want            int
	}{
		{http.MethodGet, "testbed-node", http.StatusMethodNotAllowed},
		{http.MethodPost, "", http.StatusUpgradeRequired},
		{http.MethodPost, "websocket", http.StatusUpgradeRequired},
	} {
		req, err := http.NewRequest(tt.method, n.url+"/testbed/control", nil)
		if err != nil {
			t.Fatal(err)
		}
		if tt.upgrade != "" {
			req.Header.Set("Connection", "Upgrade")
			req.Header.Set("Upgrade", tt.upgrade)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != tt.want {
			t.Errorf("%s, Upgrade %q: %s, want %d", tt.method, tt.upgrade, resp.Status, tt.want)
		}
	}
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	for url, want := range map[string]string{
		other.URL: "404 Not Found", "http://" + at(freePort(t)): "connection refused",
		"ftp://x": "want http://host:port", "127.0.0.1:8801": "want http://host:port", "http://x/path": "want http://host:port",
	} {
		if _, err := node.DialNode(t.Context(), node.DialOptions{URL: url}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("DialNode(%s): %v; want an error with %q", url, err, want)
		}
	}
}

// TestTLS: requests and the control connection; who does not know the
// certificate is not served, and who speaks without TLS is not either.
func TestTLS(t *testing.T) {
	cert, key, roots := certificate(t)
	n := listen(t, node.ListenOptions{CertFile: cert, KeyFile: key, Token: "t"})
	trust := &tls.Config{RootCAs: roots}
	if err := classify(client(t, oip.Target{URL: n.url, Token: "t", TLS: trust}), model.Builtin()[0].Name, image(t, 0)); err != nil {
		t.Error(err)
	}
	c, _ := takeOver(t, node.DialOptions{URL: n.url, Token: "t", TLS: trust}, node.Config{Name: "edge", Models: model.Builtin()[:1]})
	if _, err := c.Status(t.Context(), ""); err != nil {
		t.Error(err)
	}
	c.Close()
	if _, err := node.DialNode(t.Context(), node.DialOptions{URL: n.url, Token: "t"}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("with the system's roots: %v", err)
	}
	if _, err := node.DialNode(t.Context(), node.DialOptions{URL: strings.Replace(n.url, "https", "http", 1), Token: "t"}); err == nil {
		t.Error("without TLS: no error")
	}
	for _, o := range []node.ListenOptions{{CertFile: cert}, {CertFile: key, KeyFile: cert}} {
		o.Address, o.Library = "127.0.0.1:0", library(t)
		if err := node.Listen(t.Context(), o); err == nil || !strings.Contains(err.Error(), "TLS") {
			t.Errorf("Listen(%+v): %v", o, err)
		}
	}
}

// certificate makes one for 127.0.0.1, and the roots that trust it.
func certificate(t *testing.T) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "node"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(parsed)
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", raw), roots
}

// TestGracefulStop: a request that is half there when the node is told to stop
// is answered; nobody new gets in.
func TestGracefulStop(t *testing.T) {
	n := listen(t, node.ListenOptions{})
	name := model.Builtin()[0].Name
	file := image(t, 0)
	body, more := io.Pipe()
	req, err := http.NewRequest(http.MethodPost, n.url+"/v2/models/"+name+"/infer", body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = int64(len(file))
	req.Header.Set(oip.HeaderLength, "0")
	answered := make(chan error, 1)
	go func() {
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				err = &oip.StatusError{Status: resp.StatusCode}
			}
		}
		answered <- err
	}()
	if _, err := more.Write(file[:len(file)/2]); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // for the node to have it
	stopped := make(chan bool)
	go func() { n.stop(); close(stopped) }()
	eventually(t, "closed to others", func() bool {
		conn, err := net.Dial("tcp4", strings.TrimPrefix(n.url, "http://"))
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	if _, err := more.Write(file[len(file)/2:]); err != nil {
		t.Fatal(err)
	}
	more.Close()
	if err := <-answered; err != nil {
		t.Errorf("the request under way: %v", err)
	}
	<-stopped
}

// TestStopWithRunner: a node that is told to stop hangs up on its runner.
func TestStopWithRunner(t *testing.T) {
	n := listen(t, node.ListenOptions{})
	c, _ := takeOver(t, node.DialOptions{URL: n.url}, node.Config{Name: "edge", Models: model.Builtin()[:1]})
	if err := c.SetLoad(t.Context(), 0.05); err != nil {
		t.Fatal(err)
	}
	n.stop()
	if _, err := c.Status(t.Context(), ""); err == nil {
		t.Error("Status of a node that has stopped: no error")
	}
}

// TestHugeMessage: a runner that announces 4 GiB is hung up on, and the node is
// its own again.
func TestHugeMessage(t *testing.T) {
	n := listen(t, node.ListenOptions{})
	conn, err := net.Dial("tcp4", strings.TrimPrefix(n.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, "POST /testbed/control HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: testbed-node\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 512)
	if k, err := conn.Read(answer); err != nil || !strings.HasPrefix(string(answer[:k]), "HTTP/1.1 101 ") {
		t.Fatalf("%q, %v", answer[:k], err)
	}
	if _, err := conn.Write([]byte{0xfc, 0xff, 0xff, 0xff, 0xff}); err != nil {
		t.Fatal(err)
	}
	if k, err := conn.Read(answer); err == nil {
		t.Errorf("it answers %q", answer[:k])
	}
	c, err := node.DialNode(t.Context(), node.DialOptions{URL: n.url})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}
