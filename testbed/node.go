package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/onnx"
)

func (a *app) nodeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "node",
		Short: "Serve models on this machine, and let a run use it as one of its devices",
		Long: `Node serves models by the Open Inference Protocol (v2, REST) until it is
interrupted; then it answers what is under way. Each model is opened when it is
first asked for, or by the protocol's repository extension:

    testbed node --listen :8801 --token-file token
    curl -H "Authorization: Bearer $(cat token)" http://device:8801/v2
    curl -X POST http://127.0.0.1:8801/v2/repository/models/resnet50/load
    curl -H "Inference-Header-Content-Length: 0" --data-binary @cat.jpg \
        http://127.0.0.1:8801/v2/models/resnet50/infer

A run of the world "devices" takes the node over for as long as it lasts, one
run at a time: its models are then those of the scenario, fetched from the
repository that the run serves; afterwards nothing of them is left, and the
node's own models are back.

The token is read from --token-file or the environment variable TESTBED_TOKEN;
whoever has it can have this machine load models and use its CPUs. It is in the
clear on the network unless there is a certificate (--tls-cert, --tls-key).`,
		Example: `    testbed node
    testbed node --listen :8801 --token-file token --models resnet18,resnet50
    testbed node --listen :8801 --tls-cert node.pem --tls-key node.key --threads 4`,
		Args: args(cobra.NoArgs),
		RunE: a.bound(func(cmd *cobra.Command, _ []string) error {
			// TESTBED_MODELS and TESTBED_CACHE are folders of another meaning.
			models, _ := cmd.Flags().GetStringSlice("models") // they are defined below
			cache, _ := cmd.Flags().GetString("cache")
			return a.node(cmd.Context(), models, cache)
		}),
	}
	f := cmd.Flags()
	f.String("listen", "127.0.0.1:8801", "`HOST:PORT` to listen on; :PORT for every address of this machine")
	f.String("name", "", "what the node calls itself (default this machine's name)")
	f.StringSlice("models", nil, "`NAMES` of models, or a manifest FILE.json (default all that are built in or stored)")
	f.String("token-file", "", "`FILE` with the token that requests must bear")
	f.String("tls-cert", "", "`FILE` with the certificate, PEM")
	f.String("tls-key", "", "`FILE` with its key, PEM")
	f.Int("threads", 0, "threads of one inference (default the CPUs that it may use)")
	f.String("provider", "", strings.Join(onnx.ProviderNames(), ", ")+" (default cpu)")
	f.String("optimization", "", "of the graph: off, basic, extended or all (default all)")
	f.Bool("spinning", false, "let idle threads wait busily: sooner answers for more CPU time")
	f.String("cache", "", "`DIR` that keeps optimised models, which open sooner")
	f.Int("queue", 0, "how many requests may wait; one more is refused (default 64)")
	f.Duration("request-timeout", 0, "give up a request that waits or loads for longer (default never)")
	return cmd
}

func (a *app) node(ctx context.Context, models []string, cache string) error {
	// Before anything is opened: it starts this program anew.
	if err := node.Reexec(); err != nil {
		a.say("warning: memory of models that are unloaded may not be given back: %v", err)
	}
	o, err := a.nodeOptions(models)
	if err != nil {
		return badInput(err)
	}
	o.Cache = cache
	if o.Library, err = onnx.Find(); err != nil {
		return err
	}
	return node.Listen(ctx, o)
}

func (a *app) nodeOptions(models []string) (o node.ListenOptions, err error) {
	o = node.ListenOptions{
		Address: a.settings.GetString("listen"), Name: a.settings.GetString("name"),
		CertFile: a.settings.GetString("tls-cert"), KeyFile: a.settings.GetString("tls-key"),
		Threads: a.settings.GetInt("threads"), Provider: a.settings.GetString("provider"),
		Optimization: a.settings.GetString("optimization"), Spinning: a.settings.GetBool("spinning"),
		QueueLimit:     a.settings.GetInt("queue"),
		RequestTimeout: a.settings.GetDuration("request-timeout"),
		Warn:           func(text string) { a.say("warning: %s", text) },
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		return o, errors.New("--tls-cert and --tls-key: want both or neither")
	}
	if err := (onnx.Options{Threads: o.Threads, Provider: o.Provider, Optimization: o.Optimization}).Check(); err != nil {
		return o, err
	}
	if o.Token, err = a.token(); err != nil {
		return o, err
	}
	if o.Models, err = nodeModels(models); err != nil {
		return o, err
	}
	o.Listening = func(at net.Addr) {
		scheme := "http"
		if o.CertFile != "" {
			scheme = "https"
		}
		a.say("%s at %s://%v/v2", plural(len(o.Models), "model"), scheme, at)
	}
	return o, nil
}

// token is that of --token-file, or else of the environment; empty: none. It
// has no flag of its own, for others can read those.
func (a *app) token() (string, error) {
	name := a.settings.GetString("token-file")
	if name == "" {
		return a.settings.GetString("token"), nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("--token-file: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", fmt.Errorf("--token-file: %s is empty", name)
	}
	return token, nil
}

// nodeModels are the models of these names; of none, all that are here.
func nodeModels(names []string) ([]model.Model, error) {
	s, err := openStore()
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		stored, err := s.List()
		return append(builtin(), stored...), err
	}
	var all []model.Model
	for _, name := range names {
		if strings.HasSuffix(name, ".json") {
			listed, err := model.ReadManifest(name)
			if err != nil {
				return nil, fmt.Errorf("--models: %w", err)
			}
			all = append(all, listed...)
			continue
		}
		if i := slices.IndexFunc(builtin(), func(m model.Model) bool { return m.Name == name }); i >= 0 {
			all = append(all, builtin()[i])
			continue
		}
		m, err := s.Lookup(name)
		if err != nil {
			return nil, fmt.Errorf("--models: %s is neither built in nor stored; %s", name, howToName(name))
		}
		all = append(all, m)
	}
	return all, unlike(all)
}

// builtin are the built-in models, with the names of their classes.
func builtin() []model.Model {
	all := model.Builtin()
	for i := range all {
		all[i].Labels = dataset.NewSigns(dataset.Test, 1).Classes()
	}
	return all
}

// unlike is an error for two models of one name.
func unlike(models []model.Model) error {
	seen := make(map[string]bool, len(models))
	for _, m := range models {
		if seen[m.Name] {
			return errors.New("--models: two are named " + m.Name)
		}
		seen[m.Name] = true
	}
	return nil
}
