// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package kube talks to the API server.
package kube

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

const askAgain = 500 * time.Millisecond

// Connect returns a client for the cluster of a kubeconfig file, or, with "", for the cluster that this process is a
// pod of.
func Connect(kubeconfig, userAgent string) (kubernetes.Interface, error) {
	config, err := configure(kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("connect to the cluster (kubeconfig %q, empty means as a pod of it): %w", kubeconfig, err)
	}
	config.UserAgent = userAgent
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connect to the cluster at %s: %w", config.Host, err)
	}
	return client, nil
}

func configure(kubeconfig string) (*rest.Config, error) {
	if kubeconfig == "" {
		return rest.InClusterConfig()
	}
	return clientcmd.BuildConfigFromFlags("", kubeconfig)
}

// Node reads a node. It asks again for as long as there is no answer and ctx lasts: on a node that starts, pods run before their
// node knows the way to services, and who gives up then is back only after the kubelet's back-off. An answer that says no is an error.
func Node(ctx context.Context, client kubernetes.Interface, name string) (*corev1.Node, error) {
	for {
		node, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
		if err == nil {
			return node, nil
		}
		if status := apierrors.APIStatus(nil); errors.As(err, &status) {
			return nil, fmt.Errorf("read node %q: %w", name, err)
		}
		klog.InfoS("The API server does not answer, asking again", "error", err, "after", askAgain)
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("read node %q: %w", name, err)
		case <-time.After(askAgain):
		}
	}
}
