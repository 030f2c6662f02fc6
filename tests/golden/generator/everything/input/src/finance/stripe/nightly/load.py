# Databricks notebook source
"""Payments as an older bundle loads them."""
