// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package fakeapi is an API server for tests: nodes, pods, claims and ResourceSlices, over HTTP, as the real client sees them.
//
// It knows what this program asks of a server and answers 404 to the rest. Field selectors are ignored, because a test
// has one node and one driver.
package fakeapi

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Server holds the objects of one test.
type Server struct {
	Client kubernetes.Interface

	mutex   sync.Mutex
	changed chan struct{} // closed and replaced at each change of slices
	version int
	nodes   map[string]*corev1.Node
	claims  map[types.NamespacedName]*resourceapi.ResourceClaim
	slices  map[string]*resourceapi.ResourceSlice
	pods    map[types.NamespacedName]*corev1.Pod
	log     []event // of slices, in order
}

type event struct {
	Type   string `json:"type"`
	Object any    `json:"object"`
}

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	server := &Server{
		changed: make(chan struct{}),
		nodes:   map[string]*corev1.Node{},
		claims:  map[types.NamespacedName]*resourceapi.ResourceClaim{},
		slices:  map[string]*resourceapi.ResourceSlice{},
		pods:    map[types.NamespacedName]*corev1.Pod{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/nodes/{name}", server.getNode)
	mux.HandleFunc("PATCH /api/v1/nodes/{name}", server.patchNode)
	mux.HandleFunc("GET /api/v1/namespaces/{namespace}/pods/{name}", server.getPod)
	mux.HandleFunc("GET /apis/resource.k8s.io/v1/namespaces/{namespace}/resourceclaims/{name}", server.getClaim)
	mux.HandleFunc("GET /apis/resource.k8s.io/v1/resourceslices", server.listSlices)
	mux.HandleFunc("POST /apis/resource.k8s.io/v1/resourceslices", server.createSlice)
	mux.HandleFunc("PUT /apis/resource.k8s.io/v1/resourceslices/{name}", server.updateSlice)
	mux.HandleFunc("/", func(response http.ResponseWriter, request *http.Request) { notFound(response, request.URL.Path) })
	web := httptest.NewServer(mux)
	t.Cleanup(web.CloseClientConnections) // ends open watches, for which Close would wait
	t.Cleanup(web.Close)
	client, err := kubernetes.NewForConfig(&rest.Config{
		Host:          web.URL,
		ContentConfig: rest.ContentConfig{ContentType: runtime.ContentTypeJSON},
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Client = client
	return server
}

// SetNode puts a node in place.
func (s *Server) SetNode(name string, labels map[string]string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.nodes[name] = &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("uid-of-" + name), Labels: labels}}
}

// Offer sets a node's allocatable resource, as a kubelet reports it.
func (s *Server) Offer(name string, resourceName corev1.ResourceName, count int64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.nodes[name].Status.Allocatable = corev1.ResourceList{resourceName: *resource.NewQuantity(count, resource.DecimalSI)}
}

// NodeLabels returns the labels of a node.
func (s *Server) NodeLabels(name string) map[string]string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return maps.Clone(s.nodes[name].Labels)
}

// SetClaim puts a claim in place.
func (s *Server) SetClaim(claim *resourceapi.ResourceClaim) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.claims[types.NamespacedName{Namespace: claim.Namespace, Name: claim.Name}] = claim
}

// DeleteClaim removes a claim.
func (s *Server) DeleteClaim(namespace, name string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.claims, types.NamespacedName{Namespace: namespace, Name: name})
}

// SetPod puts a pod in place.
func (s *Server) SetPod(pod *corev1.Pod) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.pods[types.NamespacedName{Namespace: pod.Namespace, Name: pod.Name}] = pod
}

// DeleteSlices removes all ResourceSlices, as a kubelet does when it starts.
func (s *Server) DeleteSlices() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for name, slice := range s.slices {
		delete(s.slices, name)
		s.record("DELETED", slice)
	}
}

// AwaitSlices returns the ResourceSlices as soon as there are count of them. It fails the test when ctx ends before.
func (s *Server) AwaitSlices(ctx context.Context, t testing.TB, count int) []*resourceapi.ResourceSlice {
	t.Helper()
	for {
		s.mutex.Lock()
		found, changed := slices.Collect(maps.Values(s.slices)), s.changed
		s.mutex.Unlock()
		if len(found) == count {
			return found
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("found %d ResourceSlices, expected %d", len(found), count)
		}
	}
}

// record notes a change; the caller holds the mutex. Watchers see it.
func (s *Server) record(kind string, slice *resourceapi.ResourceSlice) {
	s.version++
	slice.ResourceVersion = strconv.Itoa(s.version)
	s.log = append(s.log, event{Type: kind, Object: slice.DeepCopy()})
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Server) getNode(response http.ResponseWriter, request *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	node, found := s.nodes[request.PathValue("name")]
	if !found {
		notFound(response, request.URL.Path)
		return
	}
	reply(response, http.StatusOK, node)
}

func (s *Server) patchNode(response http.ResponseWriter, request *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var patch corev1.Node
	node, found := s.nodes[request.PathValue("name")]
	if !found || json.NewDecoder(request.Body).Decode(&patch) != nil {
		notFound(response, request.URL.Path)
		return
	}
	node.Labels = maps.Clone(node.Labels)
	maps.Copy(node.Labels, patch.Labels)
	reply(response, http.StatusOK, node)
}

func (s *Server) getPod(response http.ResponseWriter, request *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	key := types.NamespacedName{Namespace: request.PathValue("namespace"), Name: request.PathValue("name")}
	pod, found := s.pods[key]
	if !found {
		notFound(response, request.URL.Path)
		return
	}
	reply(response, http.StatusOK, pod)
}

func (s *Server) getClaim(response http.ResponseWriter, request *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	key := types.NamespacedName{Namespace: request.PathValue("namespace"), Name: request.PathValue("name")}
	claim, found := s.claims[key]
	if !found {
		notFound(response, request.URL.Path)
		return
	}
	reply(response, http.StatusOK, claim)
}

func (s *Server) createSlice(response http.ResponseWriter, request *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var slice resourceapi.ResourceSlice
	if err := json.NewDecoder(request.Body).Decode(&slice); err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	slice.Name = fmt.Sprintf("%s%d", slice.GenerateName, s.version)
	slice.UID = types.UID("uid-of-" + slice.Name)
	s.slices[slice.Name] = &slice
	s.record("ADDED", &slice)
	reply(response, http.StatusCreated, &slice)
}

func (s *Server) updateSlice(response http.ResponseWriter, request *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var slice resourceapi.ResourceSlice
	if err := json.NewDecoder(request.Body).Decode(&slice); err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	s.slices[slice.Name] = &slice
	s.record("MODIFIED", &slice)
	reply(response, http.StatusOK, &slice)
}

// listSlices answers a list, or a watch from a resource version on.
func (s *Server) listSlices(response http.ResponseWriter, request *http.Request) {
	query := request.URL.Query()
	if query.Get("watch") == "" {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		list := &resourceapi.ResourceSliceList{ListMeta: metav1.ListMeta{ResourceVersion: strconv.Itoa(s.version)}}
		for _, slice := range s.slices {
			list.Items = append(list.Items, *slice)
		}
		reply(response, http.StatusOK, list)
		return
	}
	from, err := strconv.Atoi(query.Get("resourceVersion"))
	if err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	response.Header().Set("Content-Type", runtime.ContentTypeJSON)
	encoder := json.NewEncoder(response)
	for {
		s.mutex.Lock()
		events, changed := slices.Clone(s.log[from:]), s.changed
		s.mutex.Unlock()
		for _, event := range events {
			if encoder.Encode(event) != nil {
				return
			}
		}
		from += len(events)
		response.(http.Flusher).Flush()
		select {
		case <-changed:
		case <-request.Context().Done():
			return
		}
	}
}

func reply(response http.ResponseWriter, code int, object any) {
	response.Header().Set("Content-Type", runtime.ContentTypeJSON)
	response.WriteHeader(code)
	_ = json.NewEncoder(response).Encode(object)
}

func notFound(response http.ResponseWriter, path string) {
	reply(response, http.StatusNotFound, &metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure, Reason: metav1.StatusReasonNotFound, Code: http.StatusNotFound, Message: path + " not found",
	})
}
