const{show,hide}=document.querySelector("main").dataset
for(const input of document.querySelectorAll("input[type=password]")){
const button=document.createElement("button")
button.type="button"
button.className="reveal"
button.setAttribute("aria-controls",input.id)
const say=()=>{const hidden=input.type==="password";button.textContent=hidden?show:hide;button.setAttribute("aria-pressed",String(!hidden))}
button.addEventListener("click",()=>{input.type=input.type==="password"?"text":"password";say()})
input.form.addEventListener("submit",()=>{input.type="password"})
say()
input.before(button)
}
