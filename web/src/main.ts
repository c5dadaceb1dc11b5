import { mount } from 'svelte'
import App from './view/App.svelte'
import './styles.css'

const target = document.getElementById('app')
if (target) mount(App, { target })
