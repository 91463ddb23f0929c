// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package kube talks to the API server.
package kube

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

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

// Node reads a node.
func Node(ctx context.Context, client kubernetes.Interface, name string) (*corev1.Node, error) {
	node, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read node %q: %w", name, err)
	}
	return node, nil
}
