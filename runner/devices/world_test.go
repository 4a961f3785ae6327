package devices_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/devices"
	"github.com/testbed/testbed/scenarios"
)

// listening is a standing node of this process, on the loopback.
func listening(t *testing.T, o node.ListenOptions) (address string) {
	t.Helper()
	o.Address, o.Name, o.Token, o.Library = "127.0.0.1:0", "stand", token, library(t)
	at := make(chan net.Addr, 1)
	o.Listening = func(a net.Addr) { at <- a }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- node.Listen(ctx, o) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case a := <-at:
		return a.String()
	case err := <-ended:
		t.Fatal(err)
	}
	return ""
}

// image is one of the dataset.
func image(t *testing.T, i int) dataset.Sample {
	t.Helper()
	s, err := dataset.NewSigns(dataset.Test, 400).Sample(i)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t *testing.T, p *scenarios.Plan, o devices.Options) *devices.World {
	t.Helper()
	w, err := devices.Open(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// refused wants Open to fail with an error that says all of these.
func refused(t *testing.T, p *scenarios.Plan, o devices.Options, want ...string) {
	t.Helper()
	w, err := devices.Open(t.Context(), p, o)
	if err == nil {
		w.Close()
		t.Fatalf("no error; want %q", want)
	}
	for _, text := range want {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q, want %q in it", err, text)
		}
	}
}

func TestWrongToken(t *testing.T) {
	address := listening(t, node.ListenOptions{})
	p := plan("warm", 1, oneNode("http://"+address))
	for _, wrong := range []string{"", "open barley"} {
		o := options(nil)
		o.Tokens["edge"] = wrong
		refused(t, p, o, "node edge at http://"+address, "401", "token")
	}
	open(t, p, options(nil))
	refused(t, p, options(nil), "node edge at http://"+address, "another runner has this node")
}

// certificate writes one for 127.0.0.1, which signs itself, and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	signed, err := x509.CreateCertificate(rand.Reader, of, of, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	bare, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: signed}, key: {Type: "PRIVATE KEY", Bytes: bare}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestTLS(t *testing.T) {
	cert, key := certificate(t)
	address := listening(t, node.ListenOptions{CertFile: cert, KeyFile: key})
	n := oneNode("https://" + address)
	refused(t, plan("warm", 1, n), options(nil), "node edge", "certificate")
	plainly := n
	plainly.Address = "http://" + address
	refused(t, plan("warm", 1, plainly), options(nil), "node edge at http://"+address)
	n.CA = cert
	w := open(t, plan("warm", 1, n), options(nil))
	s := image(t, 0)
	res, err := w.Do(t.Context(), runner.Request{Node: "edge", Arm: "a", Model: models()[1].Name, Image: s.Image, Timeout: 10 * time.Second})
	if err != nil || res.Err != "" || res.Prediction != s.Label || res.Fetched == 0 {
		t.Errorf("%+v, %v; want label %d", res, err, s.Label)
	}
}

// TestFailedRequestsAreResults: what the node refuses is no broken world.
func TestFailedRequestsAreResults(t *testing.T) {
	w := open(t, plan("warm", 1, oneNode("http://"+listening(t, node.ListenOptions{}))), options(nil))
	for _, tt := range []struct {
		name    string
		request runner.Request
		want    string
	}{
		{"no such model", runner.Request{Model: "resnet1000", Image: image(t, 0).Image, Timeout: time.Second}, "resnet1000"},
		{"no image", runner.Request{Model: models()[0].Name, Image: []byte("a cat"), Timeout: 5 * time.Second}, "400"},
		{"no time", runner.Request{Model: models()[0].Name, Image: image(t, 0).Image, Timeout: 1}, "no answer within 1ns"},
	} {
		tt.request.Node = "edge"
		res, err := w.Do(t.Context(), tt.request)
		if err != nil || !strings.Contains(res.Err, tt.want) || res.Prediction != -1 || res.Done < res.Sent {
			t.Errorf("%s: %+v, %v", tt.name, res, err)
		}
	}
}

// TestResidency: what Prepare says is held is what the node then tells, and
// nothing of an arm is the other's.
func TestResidency(t *testing.T) {
	w := open(t, plan("warm", 1, oneNode("http://"+listening(t, node.ListenOptions{}))), options(nil))
	both := []string{models()[0].Name, models()[1].Name}
	slices.Sort(both)
	if err := w.Prepare(t.Context(), "edge", "a", both); err != nil {
		t.Fatal(err)
	}
	for arm, want := range map[string][]string{"a": both, "b": nil} {
		all, err := w.Observe(t.Context(), []string{"edge"}, arm)
		if err != nil || len(all) != 1 || all[0].Name != "edge" || !slices.Equal(all[0].Loaded, want) {
			t.Errorf("arm %s: %+v, %v; want %v loaded", arm, all, err, want)
		}
	}
	if err := w.Prepare(t.Context(), "edge", "a", []string{"resnet1000"}); err == nil || !strings.Contains(err.Error(), "node edge at http") {
		t.Errorf("a model that it was not told of: %v", err)
	}
}

// TestOtherServers: what such a server lacks is said, or refused by name.
func TestOtherServers(t *testing.T) {
	f, err := newFake(library(t), models())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(f.handler())
	defer server.Close()
	n := oneNode(server.URL)
	n.Protocol = "oip"
	p := plan("warm", 1, n)

	wrong := options(nil)
	wrong.Models[1].Name = "nobody"
	refused(t, p, wrong, "node edge at "+server.URL, "model nobody", "not ready", "cannot be loaded")
	wrong = options(nil)
	wrong.Models[0].Recipe.Size = 224
	refused(t, p, wrong, "model "+wrong.Models[0].Name, "pixels takes images of 32 pixels: want 224")

	f.silent, f.lazy = true, true // as before, but nothing is loaded
	w := open(t, p, options(image(t, 0).Image))
	if text := strings.Join(w.Warnings(), "\n"); !strings.Contains(text, "node edge: it has no statistics") || !strings.Contains(text, "it takes no image file") {
		t.Errorf("warnings %q", text)
	}
	if len(f.loaded) != 2 {
		t.Errorf("loaded %v, want both", f.loaded)
	}
	s := image(t, 3)
	request := runner.Request{Node: "edge", Model: models()[1].Name, Image: s.Image, Timeout: 10 * time.Second}
	f.queue, f.pause = 5*ms, 7*ms
	res, err := w.Do(t.Context(), request)
	if err != nil || res.Err != "" || res.Prediction != s.Label {
		t.Fatalf("%+v, %v; want label %d", res, err, s.Label)
	}
	// Nobody says that it waited: its time is all inference. The answer takes
	// as long as from its first byte to its last.
	if p := res.Phases; p.Queue != 0 || p.Infer < 5*ms || p.Download < 7*ms || p.Preprocess <= 0 || p.Total() != res.Done-res.Sent {
		t.Errorf("phases %+v of %v", p, res.Done-res.Sent)
	}
	if err := w.Prepare(t.Context(), "edge", "a", nil); err == nil {
		t.Error("it was made to hold nothing")
	}
	server.Close()
	if res, err := w.Do(t.Context(), request); err == nil || !strings.Contains(err.Error(), "node edge at "+server.URL) {
		t.Errorf("a server that is gone: %+v, %v", res, err)
	}
}

// TestCutShort: a request whose context ends is one that failed, and the node is
// still there.
func TestCutShort(t *testing.T) {
	w := open(t, plan("warm", 1, oneNode("http://"+listening(t, node.ListenOptions{}))), options(nil))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	request := runner.Request{Node: "edge", Arm: "a", Model: models()[0].Name, Image: image(t, 0).Image, Timeout: 10 * time.Second}
	if res, err := w.Do(ctx, request); err != nil || !strings.Contains(res.Err, "cut short") || res.Prediction != -1 {
		t.Errorf("%+v, %v", res, err)
	}
	if res, err := w.Do(t.Context(), request); err != nil || res.Err != "" || res.Confidence <= 0 {
		t.Errorf("the next one: %+v, %v", res, err)
	}
}
