package oip

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
)

// ServerMetadata is what a server says of itself.
type ServerMetadata struct {
	Name       string   `json:"name"`
	Version    string   `json:"version"`
	Extensions []string `json:"extensions"`
}

// Has reports whether the server says that it has an extension, such as
// "statistics".
func (m ServerMetadata) Has(extension string) bool { return slices.Contains(m.Extensions, extension) }

// ModelMetadata is what a server says of a model. Some servers leave Versions
// out, or Inputs and Outputs.
type ModelMetadata struct {
	Name     string           `json:"name"`
	Versions []string         `json:"versions,omitempty"`
	Platform string           `json:"platform"`
	Inputs   []TensorMetadata `json:"inputs"`
	Outputs  []TensorMetadata `json:"outputs"`
}

// TensorMetadata describes an input or output of a model.
type TensorMetadata struct {
	Name     string  `json:"name"`
	Datatype string  `json:"datatype"`
	Shape    []int64 `json:"shape"` // -1: any
}

// ServerMetadata asks the server what it is.
func (c *Client) ServerMetadata(ctx context.Context) (m ServerMetadata, err error) {
	return m, c.get(ctx, "/v2", &m)
}

// ModelMetadata asks for the inputs and outputs of a model.
func (c *Client) ModelMetadata(ctx context.Context, model string) (m ModelMetadata, err error) {
	path, err := modelPath("/v2", model)
	if err != nil {
		return m, err
	}
	return m, c.get(ctx, path, &m)
}

// ModelReady reports an error unless a request for the model is answered
// without loading it. Servers differ in how they say no.
func (c *Client) ModelReady(ctx context.Context, model string) error {
	path, err := modelPath("/v2", model)
	if err != nil {
		return err
	}
	answer, err := c.call(ctx, http.MethodGet, path+"/ready", nil)
	if err != nil {
		return err
	}
	var m struct {
		Ready *bool `json:"ready"`
	}
	if json.Unmarshal(answer, &m) == nil && m.Ready != nil && !*m.Ready {
		return Errorf(http.StatusServiceUnavailable, "model %s is not ready", model)
	}
	return nil
}

// Index lists the models of the server's repository, loaded or not. A server
// that has no model_repository extension refuses.
func (c *Client) Index(ctx context.Context) (all []IndexEntry, err error) {
	answer, err := c.call(ctx, http.MethodPost, "/v2/repository/index", []byte("{}"))
	if err != nil {
		return nil, err
	}
	return all, decode(answer, &all)
}

// Load has the server load a model.
func (c *Client) Load(ctx context.Context, model string) error {
	return c.repository(ctx, model, "/load")
}

// Unload has the server unload a model.
func (c *Client) Unload(ctx context.Context, model string) error {
	return c.repository(ctx, model, "/unload")
}

func (c *Client) repository(ctx context.Context, model, what string) error {
	path, err := modelPath("/v2/repository", model)
	if err != nil {
		return err
	}
	_, err = c.call(ctx, http.MethodPost, path+what, []byte("{}"))
	return err
}
